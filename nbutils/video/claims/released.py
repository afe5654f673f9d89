"""Claims about the metric and the cap of the released code, for which annotations are enough."""

import pandas as pd

from nbutils.statistics.finding import record
from nbutils.video.claims.fewest_videos import FEWEST_VIDEOS, too_few
from nbutils.video.published import ANCHORS, CAPPED_RECALL, REPEATED_ORACLE

REPEATED, CAPPED, FULL = "oracle repeating one clip", "capped oracle", "full oracle"
BEST_MATCH, MAP, AR = "mean best-match precision", "matched mAP", "AR"
# Points below the full oracle that still pass for as good.
AS_GOOD = 5.0
NOTHING_ANNOTATED = "nothing is annotated: set annotations"


def repetition_finding(levels: pd.DataFrame, data: str) -> dict[str, object]:
    """That best-match precision takes an oracle that repeats one clip for as good as one that finds all.

    Holds when the whole interval of its best-match precision lies within five points of 100 and that of its matched mAP
    below; fails when the first lies farther below or the second reaches 100. Where the released cap allows a single
    clip in every window nothing is repeated.

    Args:
        levels: of `released_metrics`; may be empty.
        data: what the windows are called.
    """
    told = {
        "claim": f"{data}: best-match precision cannot tell one repeated clip from all clips",
        "quantity": "best-match precision of an oracle that repeats one clip, mean over tIoU .5-.9",
        "unit": "%",
        "paper": REPEATED_ORACLE,
        "null": 100.0,
    }
    if levels.empty:
        return record(**told, verdict="not testable here", reason=NOTHING_ANNOTATED)
    best, matched = _row(levels, BEST_MATCH, REPEATED), _row(levels, MAP, REPEATED)
    told |= {"measured": best["value"], "n": best["n"]}
    known = f"its matched mAP is {matched['value']:.1f} (test.json: {ANCHORS[REPEATED][1]})"
    if best["n"] < FEWEST_VIDEOS:
        return record(**told, verdict="not testable here", reason=f"{too_few(int(best['n']))}; {known}")
    if all(_row(levels, metric, REPEATED).equals(_row(levels, metric, CAPPED)) for metric in (BEST_MATCH, MAP, AR)):
        reason = "the cap allows one clip in each of these short windows, so that none is repeated"
        return record(**told, verdict="not testable here", reason=reason)
    verdict = "not testable here"
    if best["low"] >= 100 - AS_GOOD and matched["high"] < 100 - AS_GOOD:
        verdict = "holds"
    elif best["high"] < 100 - AS_GOOD or matched["low"] >= 100 - AS_GOOD:
        verdict = "fails"
    reason = known if verdict != "not testable here" else f"open: an interval reaches over {100 - AS_GOOD:g}; {known}"
    return record(**told, interval=(best["low"], best["high"]), verdict=verdict, reason=reason)


def cap_finding(levels: pd.DataFrame, clips_per_minute: float, data: str) -> dict[str, object]:
    """That the released cap on the number of clips keeps even an oracle from finding all.

    Args:
        levels: of `released_metrics`; may be empty.
        clips_per_minute: of the annotations.
        data: what the windows are called.
    """
    told = {
        "claim": f"{data}: the released cap limits recall",
        "quantity": "AR of an oracle under the cap",
        "unit": "%",
        "paper": CAPPED_RECALL,
        "null": 100.0,
    }
    if levels.empty:
        return record(**told, verdict="not testable here", reason=NOTHING_ANNOTATED)
    capped = _row(levels, AR, CAPPED)
    told |= {"measured": capped["value"], "n": capped["n"]}
    if capped["n"] < FEWEST_VIDEOS:
        return record(**told, verdict="not testable here", reason=too_few(int(capped["n"])))
    # Without the cap the oracle finds every clip: a single one lost is the cap's doing.
    lost = capped["value"] < 100 - 1e-9
    reason = "the interval lies below 100" if capped["high"] < 100 else "some clips are lost, all of them in few videos"
    return record(
        **told,
        interval=(capped["low"], capped["high"]),
        verdict="holds" if capped["high"] < 100 else "not testable here" if lost else "fails",
        reason=f"{reason if lost else 'no clip is lost'}; {clips_per_minute:.2f} clips a minute are annotated",
    )


def _row(levels: pd.DataFrame, metric: str, predictor: str) -> pd.Series:
    row = levels[(levels["metric"] == metric) & (levels["predictor"] == predictor)].iloc[0]
    return row[["value", "low", "high"]].astype(float).mul(100).pipe(lambda values: pd.concat([values, row[["n"]]]))
