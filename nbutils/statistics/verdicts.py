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


def above(interval: tuple[float, float], null: float) -> tuple[Verdict, str]:
    """Whether a quantity exceeds its null value: `fails` below it, open where the interval reaches over it."""
    if interval[0] > null:
        return "holds", f"the interval lies above {null:g}"
    if interval[1] < null:
        return "fails", f"the interval lies below {null:g}"
    return "not testable here", f"open: the interval reaches over {null:g}"


def near(interval: tuple[float, float], target: tuple[float, float], tolerance: float) -> tuple[Verdict, str]:
    """Whether a quantity is within a tolerance of a figure, with the reason in words.

    `holds` when the whole interval lies within, `fails` when all of it lies without, and open in between, so that both
    errors are at most the half of what the interval leaves out.

    Args:
        interval: of the quantity, 95 %.
        target: lower and upper end of what is right, the same for a single figure.
        tolerance: not negative, in the same unit.
    """
    low, high = target[0] - tolerance, target[1] + tolerance
    if low <= interval[0] and interval[1] <= high:
        return "holds", f"the interval lies within {low:.3g} to {high:.3g}"
    if interval[1] < low or high < interval[0]:
        return "fails", f"the interval lies outside of {low:.3g} to {high:.3g}"
    return "not testable here", f"open: the interval reaches over an end of {low:.3g} to {high:.3g}"
