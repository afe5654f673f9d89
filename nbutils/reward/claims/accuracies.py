"""Claims about the gain in accuracy."""

import pandas as pd

from nbutils.reward.confounding import FEWEST_PAIRS, NAMES
from nbutils.reward.sections import SCORE
from nbutils.statistics import above_null
from nbutils.statistics.finding import record

PUBLISHED_GAIN = 3.11
FEWEST_MODELS = 20
POINTS = "percentage points"


def gain_finding(data: str, gain: pd.Series, warnings: pd.DataFrame) -> dict[str, object]:
    """The claim that RC-LWR raises the accuracy of a data set: holds when the interval of the gain lies above 0.

    Where label and characteristic go together a gain or loss is evidence of neither: not testable.

    Args:
        data: its name.
        gain: cross-fitted row of `overall_gains`.
        warnings: rows of `confounding` of the data, for each characteristic that is removed.
    """
    verdict, reason = above_null(gain["low"], 0.0, int(gain["prompts"]), "prompts")
    overall = warnings[warnings["subset"] == "all"]
    differing = overall["n"] - overall["equal"]
    if overall["confounded"].any():
        verdict, reason = "not testable here", "confounded: " + overall.loc[overall["confounded"], "sentence"].iloc[0]
    elif (differing < FEWEST_PAIRS).all():
        verdict, reason = "not testable here", overall["sentence"].iloc[0]
    else:
        reason += "; " + overall["sentence"].iloc[0] + _confounded_subsets(warnings)
    return record(
        claim=f"{data}: a calibration for {_removed(warnings)} raises the accuracy",
        quantity=f"gain of RC-LWR, cross-fitted{_over_models(gain)}",
        unit=POINTS,
        paper=f"+{PUBLISHED_GAIN} over 33 models",
        measured=gain["gain"],
        interval=(gain["low"], gain["high"]),
        null=0.0,
        verdict=verdict,
        reason=reason,
        n=gain["prompts"],
    )


def harm_finding(data: str, gain: pd.Series, warnings: pd.DataFrame) -> dict[str, object] | None:
    """The claim that calibration hurts where label and characteristic go together; None where they do not.

    Holds when the interval of the gain lies below 0. Arguments as those of `gain_finding`.
    """
    overall = warnings[(warnings["subset"] == "all") & warnings["confounded"]]
    if overall.empty:
        return None
    verdict, reason = above_null(-gain["high"], 0.0, int(gain["prompts"]), "prompts")
    reason = reason.replace("above", "below")
    return record(
        claim=f"{data}: a calibration for {_removed(warnings)} hurts where the label goes with it",
        quantity=f"gain of RC-LWR, cross-fitted{_over_models(gain)}",
        unit=POINTS,
        measured=gain["gain"],
        interval=(gain["low"], gain["high"]),
        null=0.0,
        verdict=verdict,
        reason=f"{reason}; {overall['sentence'].iloc[0]}",
        n=gain["prompts"],
    )


def optimism_finding(data: str, row: pd.Series) -> dict[str, object]:
    """The claim that the in-sample gain, which the paper reports, lies above the cross-fitted one.

    Args:
        data: its name.
        row: RC-LWR's row of `optimism`.
    """
    verdict, reason = above_null(row["low"], 0.0, int(row["prompts"]), "prompts")
    return record(
        claim=f"{data}: judged on the pairs that it was fitted to, RC-LWR looks better than it is",
        quantity=f"in-sample gain minus cross-fitted gain{_over_models(row)}",
        unit=POINTS,
        measured=row["gain"],
        interval=(row["low"], row["high"]),
        null=0.0,
        verdict=verdict,
        reason=reason,
        n=row["prompts"],
    )


def published_gain_finding(data: str, means: pd.DataFrame) -> dict[str, object]:
    """The paper's headline: RewardBench's score rises by 3.11 points, mean over 33 reward models.

    Needs 20 real models with pairs of all four sections; holds when the interval of the mean lies above 0.

    Args:
        data: name of the given data.
        means: cross-fitted rows of `mean_gains` for RC-LWR; empty where there is one model.
    """
    claim = {
        "claim": "RC-LWR raises RewardBench's score of 33 reward models",
        "quantity": "gain in the score, mean over models",
        "unit": POINTS,
        "paper": PUBLISHED_GAIN,
        "null": 0.0,
    }
    rows = means[(means["measure"] == SCORE) & (means["models"] >= FEWEST_MODELS)]
    if rows.empty:
        reason = (
            f"needs the scores of {FEWEST_MODELS} real reward models on all sections of RewardBench: set `scores` to a "
            "folder of them"
        )
        return record(**claim, verdict="not testable here", reason=reason)
    row = rows.iloc[0]
    verdict, reason = above_null(row["low"], 0.0, int(row["prompts"]), "prompts")
    raised = f"{row['raised']:.0f} of {row['models']:.0f} models gain"
    inside = "holds" if row["low"] <= PUBLISHED_GAIN <= row["high"] else "does not hold"
    return record(
        **claim,
        measured=row["gain"],
        interval=(row["low"], row["high"]),
        verdict=verdict,
        reason=f"{data}: {reason}, which {inside} the paper's figure; {raised}",
        n=row["models"],
    )


def speed_finding() -> dict[str, object]:
    """The paper's speed, which no notebook measures."""
    return record(
        claim="300,000 scored responses are calibrated in about 30 seconds",
        quantity="time",
        unit="s",
        paper="about 30",
        verdict="not testable here",
        reason="a notebook's output must not depend on the machine: `make benchmark` measures it",
    )


def _removed(warnings: pd.DataFrame) -> str:
    """What is removed, in words."""
    return " and ".join(dict.fromkeys(NAMES.get(name, name) for name in warnings["characteristic"]))


def _over_models(row: pd.Series) -> str:
    return f", mean over {row['models']:.0f} models" if row["models"] > 1 else ""


def _confounded_subsets(warnings: pd.DataFrame) -> str:
    subsets = warnings.loc[(warnings["subset"] != "all") & warnings["confounded"], "subset"].unique()
    return f" Confounded within {', '.join(subsets)}." if len(subsets) else ""
