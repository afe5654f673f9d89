"""Claims about probabilities."""

import pandas as pd

from nbutils.reward.cross_fitting import UNCALIBRATED
from nbutils.statistics.finding import record

CALIBRATED_WITHIN = 0.05
FEWEST_PAIRS = 20
NAMES = {"as it is": "as they are", "tempered": "after one temperature, fitted to the other folds"}


def calibration_error_finding(data: str, scores: pd.DataFrame, scale: str) -> dict[str, object]:
    """The claim that the probabilities of the scores, before anything is removed, are calibrated to within .05.

    Holds when the interval of the expected calibration error lies below .05, fails when it lies above both .05 and
    what true probabilities would give, and is open in between. Of several models, value, interval and null are means,
    which is cautious: their errors go up and down together at most.

    Args:
        data: its name.
        scores: of `probability_scores`, of which the method "none" is looked at.
        scale: "as it is" or "tempered".
    """
    rows = scores[(scores["method"] == UNCALIBRATED) & (scores["scale"] == scale) & (scores["measure"] == "ece")]
    value, low, high, null, null_high = rows[["value", "low", "high", "null", "null_high"]].mean()
    models, pairs = rows["model"].nunique(), int(rows["n"].max())
    if pairs < FEWEST_PAIRS:
        verdict, reason = "not testable here", f"{pairs} pairs are too few; {FEWEST_PAIRS} are needed"
    elif high < CALIBRATED_WITHIN:
        verdict, reason = "holds", f"the interval lies below {CALIBRATED_WITHIN}"
    elif low > CALIBRATED_WITHIN and value > null_high:
        verdict, reason = "fails", f"the interval lies above {CALIBRATED_WITHIN}"
    else:
        verdict, reason = "not testable here", f"the interval holds {CALIBRATED_WITHIN}: more pairs would be needed"
    return record(
        claim=f"{data}: the Bradley-Terry probabilities are calibrated, {NAMES[scale]}",
        quantity="expected calibration error" + (f", mean over {models} models" if models > 1 else ""),
        unit="probability",
        measured=value,
        interval=(low, high),
        null=null,
        verdict=verdict,
        reason=f"{reason}; null: true probabilities, 95 % of samples below {null_high:.2g}",
        n=pairs,
    )
