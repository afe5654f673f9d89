"""From numbers to a verdict."""

from typing import Literal

Verdict = Literal["holds", "fails", "not testable here"]
FEWEST_CLUSTERS = 20


def above_null(low: float, null: float, clusters: int, unit: str = "passages") -> tuple[Verdict, str]:
    """Verdict on the claim that a quantity exceeds its null value, with the reason in words.

    `holds` when the whole interval lies above the null, `fails` otherwise, `not testable here` with fewer than 20
    clusters, below which a percentile interval covers too little.

    Args:
        low: lower end of the interval.
        null: value without the effect.
        clusters: independent units behind the interval.
        unit: what they are, in the plural.
    """
    if clusters < FEWEST_CLUSTERS:
        return "not testable here", f"{clusters} {unit} are too few for an interval; {FEWEST_CLUSTERS} are needed"
    if low > null:
        return "holds", "the interval lies above the null"
    return "fails", "the interval does not lie above the null"
