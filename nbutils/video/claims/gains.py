"""Claims about what something adds to matched mAP."""

import pandas as pd

from nbutils.statistics.finding import record
from nbutils.statistics.verdicts import Verdict, above
from nbutils.video.claims.fewest_videos import FEWEST_VIDEOS, too_few

ALONE = " alone"
UNIT = "percentage points"
NOT_SCORED = "no features of annotated windows: set annotations and features, or video and annotations"
NO_ABLATIONS = "trainings were compared on the generated films with the scorer that comes along, not on these data"


def modality_finding(modality: str, gains: pd.DataFrame, data: str) -> dict[str, object]:
    """That leaving a modality out lowers matched mAP.

    Args:
        modality: its name.
        gains: of `dropped_gains`; may be empty.
        data: what the windows are called.
    """
    told = {
        "claim": f"{data}: leaving {modality} out lowers the mAP",
        "quantity": f"matched mAP, everything less all but {modality}",
    }
    missing = NOT_SCORED if gains.empty else f"these videos have no {modality} beside another modality"
    return _finding(told, gains, modality, missing)


def rival_finding(rival: str, gains: pd.DataFrame, data: str) -> dict[str, object]:
    """That the scorer's clips are better than clips that know nothing, of the length that does best.

    Args:
        rival: beginning of an anchor's name, "random" or "tiling".
        gains: of `anchor_gains`; may be empty.
        data: what the windows are called.
    """
    rivals = gains[gains["name"].str.startswith(rival)] if len(gains) else gains
    name = rivals.loc[rivals["without"].idxmax(), "name"] if len(rivals) else rival
    told = {"claim": f"{data}: the scorer beats {name}", "quantity": f"matched mAP, scorer less {name}"}
    return _finding(told, gains, name, NOT_SCORED)


def training_finding(variant: str, claim: str, paper: str | None, gains: pd.DataFrame, data: str) -> dict[str, object]:
    """That a choice in training raises matched mAP: by the interval over videos, and in every seed of the training.

    Args:
        variant: what lacks it, a name in `gains`.
        claim: in words.
        paper: what is known of it from elsewhere.
        gains: of `ablation_gains`; may be empty.
        data: what the windows are called.
    """
    told = {"claim": f"{data}: {claim}", "quantity": f"matched mAP, whole recipe less {variant}", "paper": paper}
    found = _finding(told, gains, variant, NO_ABLATIONS)
    if found["measured"] is None:
        return found
    row = gains.set_index("name").loc[variant]
    return found | _in_every_seed(found["verdict"], found["reason"], row)


def fusion_finding(gains: pd.DataFrame, data: str) -> dict[str, object]:
    """That a scorer of all modalities beats each that was trained on one alone; measured is the least difference.

    Args:
        gains: of `ablation_gains`; may be empty.
        data: what the windows are called.
    """
    told = {
        "claim": f"{data}: fusion beats the best single modality",
        "quantity": "matched mAP, all modalities less the best that was trained alone",
    }
    alone = gains[gains["name"].str.endswith(ALONE)] if len(gains) else gains
    if alone.empty:
        return record(**told, verdict="not testable here", reason=NO_ABLATIONS)
    best = alone.loc[alone["value"].idxmin()]
    found = _finding(told, gains, best["name"], NO_ABLATIONS)
    verdict, reason = found["verdict"], f"{found['reason']}; the best is {best['name']}"
    # The best of three is chosen on the same windows: the others must lie below as surely.
    if verdict == "holds" and not (alone["low"] > 0).all():
        verdict, reason = "not testable here", f"open: not every interval of a single modality lies above 0; {reason}"
    return found | _in_every_seed(verdict, reason, best)


def _in_every_seed(verdict: Verdict, reason: str, row: pd.Series) -> dict[str, object]:
    told = f"{reason}; above 0 in {row['seeds_above']:.0f} of {row['seeds']:.0f} trainings"
    agree = {"holds": row["seeds_above"] == row["seeds"], "fails": row["seeds_above"] == 0}.get(verdict, True)
    return (
        {"verdict": verdict, "reason": told} if agree else {"verdict": "not testable here", "reason": f"open: {told}"}
    )


def _finding(told: dict[str, object], gains: pd.DataFrame, name: str, missing: str) -> dict[str, object]:
    told = told | {"unit": UNIT, "null": 0.0}
    rows = gains[gains["name"] == name] if len(gains) else gains
    if rows.empty:
        return record(**told, verdict="not testable here", reason=missing)
    row = rows.iloc[0]
    told |= {"measured": 100 * row["value"], "n": row["videos"]}
    values = f"{100 * row['whole']:.1f} against {100 * row['without']:.1f}"
    if row["videos"] < FEWEST_VIDEOS:
        return record(**told, verdict="not testable here", reason=f"{too_few(int(row['videos']))}; {values}")
    interval = 100 * row["low"], 100 * row["high"]
    verdict, reason = above(interval, 0.0)
    return record(**told, interval=interval, verdict=verdict, reason=f"{reason}; {values}")
