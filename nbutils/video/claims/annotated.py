"""Claims about the annotations of Repurpose-10K, for which a file of them is needed."""

import pandas as pd

from nbutils.statistics.finding import record
from nbutils.statistics.verdicts import near
from nbutils.video.claims.fewest_videos import FEWEST_VIDEOS, too_few
from nbutils.video.published import CLIPS_PER_MINUTE, COVERAGE, MEAN_LENGTH, SHARED_VIDEOS

# Quantity: claim, unit, published figure, tolerance, what the mean is over.
GEOMETRY = {
    "coverage": ("clips cover .386 of the time", None, COVERAGE, 0.03, "windows"),
    "mean_length": ("clips are 39.4 s long on average", "s", MEAN_LENGTH, 3.0, "clips"),
    "clips_per_minute": ("there are .60 clips a minute", "clips a minute", CLIPS_PER_MINUTE, 0.05, "windows"),
}
NO_FILE = "no file of annotations is given: set annotations to one of Repurpose-10K"


def geometry_finding(quantity: str, estimates: pd.DataFrame, data: str) -> dict[str, object]:
    """A published figure of the annotated clips.

    Args:
        quantity: of `GEOMETRY`.
        estimates: of `estimates` of given files; may be empty.
        data: what the files are called.
    """
    claim, unit, figure, tolerance, over = GEOMETRY[quantity]
    told = {
        "claim": f"{data}: {claim}",
        "quantity": f"{quantity.replace('_', ' ')} of annotated clips, mean over {over}",
        "unit": unit,
        "paper": figure,
    }
    if estimates.empty:
        return record(**told, verdict="not testable here", reason=NO_FILE)
    row = estimates.set_index("quantity").loc[quantity]
    told |= {"measured": row["value"], "n": row["videos"]}
    if row["videos"] < FEWEST_VIDEOS:
        return record(**told, verdict="not testable here", reason=too_few(int(row["videos"])))
    interval = row["low"], row["high"]
    verdict, reason = near(interval, (figure, figure), tolerance)
    return record(**told, interval=interval, verdict=verdict, reason=reason)


def leak_finding(leaks: pd.DataFrame, data: str) -> dict[str, object]:
    """That no two splits share a video; a count of all, which needs no interval.

    Args:
        leaks: of `leaks`; may be empty.
        data: what the files are called.
    """
    told = {
        "claim": f"{data}: no video stands in two splits",
        "quantity": "videos that two files share",
        "paper": f"{SHARED_VIDEOS} do, of test and val",
        "null": 0.0,
    }
    if leaks.empty:
        return record(**told, verdict="not testable here", reason="no two files of annotations are given")
    most = leaks.loc[leaks["shared_videos"].idxmax()]
    reason = f"{most['first']} and {most['second']}, {most['shared_windows']} windows"
    verdict = "fails" if most["shared_videos"] else "holds"
    return record(**told, measured=most["shared_videos"], verdict=verdict, reason=reason)
