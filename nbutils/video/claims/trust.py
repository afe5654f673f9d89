"""Claims about what a user relies on: scores that mean what they say, and ends that cost nothing."""

import pandas as pd

from nbutils.statistics.finding import record
from nbutils.video.claims.fewest_videos import FEWEST_VIDEOS, too_few
from nbutils.video.claims.gains import NOT_SCORED

# Mean distance of score and share that still passes for calibrated.
CALIBRATED = 0.1
# Loss of tIoU that still passes for none.
FREE = 0.02


def calibration_finding(errors: pd.DataFrame, videos: int, data: str) -> dict[str, object]:
    """That the score of a second is the share of such seconds in clips, to within a tenth on average.

    Args:
        errors: of `calibration`; may be empty.
        videos: that they come from.
        data: what the windows are called.
    """
    told = {
        "claim": f"{data}: a score is a probability, to within {CALIBRATED:g} on average",
        "quantity": "expected calibration error of the scores of seconds",
    }
    if errors.empty:
        return record(**told, verdict="not testable here", reason=NOT_SCORED)
    row = errors[errors["of"] == "seconds"].iloc[0]
    told |= {"measured": row["value"], "null": row["null"], "n": videos}
    if videos < FEWEST_VIDEOS:
        return record(**told, verdict="not testable here", reason=too_few(videos))
    interval = row["low"], row["high"]
    lies = "below" if interval[1] < CALIBRATED else "above" if interval[0] > CALIBRATED else "around"
    verdict = {"below": "holds", "above": "fails", "around": "not testable here"}[lies]
    opening = "open: " if lies == "around" else ""
    reason = f"{opening}the interval lies {lies} {CALIBRATED:g}; independent seconds of such scores give the null"
    return record(**told, interval=interval, verdict=verdict, reason=reason)


def snapping_finding(means: pd.DataFrame, videos: int, data: str) -> dict[str, object]:
    """That clips that are snapped to sentences overlap annotated clips no less, to within .02 of tIoU.

    Args:
        means: of `mean_cost`; may be empty.
        videos: that they come from.
        data: what the windows are called.
    """
    told = {
        "claim": f"{data}: snapping to sentences costs no overlap with annotated clips",
        "quantity": "tIoU after less before snapping, mean over clips",
        "null": 0.0,
    }
    if means.empty:
        return record(**told, verdict="not testable here", reason="no clips of annotated windows with captions")
    row = means.set_index("measure").loc["tiou_change"]
    told |= {"measured": row["value"], "n": videos}
    if videos < FEWEST_VIDEOS:
        return record(**told, verdict="not testable here", reason=too_few(videos))
    lies = "above" if row["low"] > -FREE else "below" if row["high"] < -FREE else "around"
    verdict = {"above": "holds", "below": "fails", "around": "not testable here"}[lies]
    opening = "open: " if lies == "around" else ""
    reason = f"{opening}the interval lies {lies} a loss of {FREE:g}, over {row['n']:.0f} clips"
    return record(**told, interval=(row["low"], row["high"]), verdict=verdict, reason=reason)
