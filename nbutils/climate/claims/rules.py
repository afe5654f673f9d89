"""The rules of verdicts for a figure and for a null that leave open what the interval does not settle."""

from nbutils.statistics.verdicts import Verdict


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
        return "holds", f"the interval lies within {low:.1f} to {high:.1f}"
    if interval[1] < low or high < interval[0]:
        return "fails", f"the interval lies outside of {low:.1f} to {high:.1f}"
    return "not testable here", f"open: the interval reaches over an end of {low:.1f} to {high:.1f}"


def above(interval: tuple[float, float], null: float) -> tuple[Verdict, str]:
    """Whether a quantity exceeds its null value: `fails` below it, open where the interval reaches over it."""
    if interval[0] > null:
        return "holds", f"the interval lies above {null:g}"
    if interval[1] < null:
        return "fails", f"the interval lies below {null:g}"
    return "not testable here", f"open: the interval reaches over {null:g}"
