"""Claims about the order of language models."""

import pandas as pd

from nbutils.reward.cross_fitting import UNCALIBRATED
from nbutils.reward.methods import LWR
from nbutils.statistics import mean_interval
from nbutils.statistics.finding import record

PUBLISHED_BEFORE, PUBLISHED_AFTER, PUBLISHED_MODELS = 0.845, 0.949, 8
FEWEST_MODELS = 4


def order_finding(data: str, correlations: pd.DataFrame) -> dict[str, object]:
    """The claim that RC-LWR brings the order of models closer to a leaderboard.

    Holds when Student's 95 % interval of the mean change over reward models lies above 0; they share generators and
    instructions, of which it is a statement.

    Args:
        data: its name.
        correlations: of `Ranking.correlations`; may be empty.
    """
    claim = {
        "claim": f"{data}: calibrated win rates order the models more like the leaderboard does",
        "quantity": "change of Spearman's correlation, mean over reward models",
        "unit": "correlation",
        "paper": f"+{PUBLISHED_AFTER - PUBLISHED_BEFORE:.3f} (.845 to .949, Arena)",
        "null": 0.0,
    }
    if correlations.empty:
        return record(**claim, verdict="not testable here", reason="no leaderboard: set `leaderboard`")
    before, after = (_spearman(correlations, method) for method in (UNCALIBRATED, LWR))
    told = f"{before.mean():.3f} to {after.mean():.3f} over {correlations['n'].iloc[0]:.0f} generators"
    if len(before) < FEWEST_MODELS:
        reason = f"{len(before)} reward models are too few for an interval; {FEWEST_MODELS} are needed; {told}"
        measured = (after - before).mean()
        return record(**claim, measured=measured, verdict="not testable here", reason=reason, n=len(before))
    low, high = mean_interval((after - before).to_numpy())
    lies = "lies" if low > 0 else "does not lie"
    return record(
        **claim,
        measured=(after - before).mean(),
        interval=(low, high),
        verdict="holds" if low > 0 else "fails",
        reason=f"the interval {lies} above 0; {told}; {(after > before).sum()} of {len(after)} reward models improve",
        n=len(before),
    )


def published_order_finding(data: str, correlations: pd.DataFrame) -> dict[str, object]:
    """The paper's figure: Spearman's correlation with Chatbot Arena rises to .949, mean over 8 reward models.

    Holds when the interval of the mean lies above the paper's .845 before calibration.

    Args:
        data: name of the given data.
        correlations: of `Ranking.correlations` of given outputs; empty for simulated ones.
    """
    claim = {
        "claim": "RC-LWR on AlpacaEval agrees with Chatbot Arena at a Spearman correlation of .949",
        "quantity": "Spearman's correlation, mean over 8 reward models",
        "unit": "correlation",
        "paper": PUBLISHED_AFTER,
        "null": PUBLISHED_BEFORE,
    }
    models = 0 if correlations.empty else correlations["model"].nunique()
    if models < PUBLISHED_MODELS:
        reason = (
            f"needs AlpacaEval outputs scored by {PUBLISHED_MODELS} real reward models, and Arena ratings: set "
            "`outputs` and `leaderboard`"
        )
        return record(**claim, verdict="not testable here", reason=reason)
    after = _spearman(correlations, LWR)
    low, high = mean_interval(after.to_numpy())
    return record(
        **claim,
        measured=after.mean(),
        interval=(low, high),
        verdict="holds" if low > PUBLISHED_BEFORE else "fails",
        reason=f"{data}: before calibration {_spearman(correlations, UNCALIBRATED).mean():.3f} here and .845 there",
        n=models,
    )


def _spearman(correlations: pd.DataFrame, method: str) -> pd.Series:
    """By reward model, in one order."""
    rows = correlations[(correlations["statistic"] == "spearman") & (correlations["method"] == method)]
    return rows.astype({"model": str}).set_index("model")["value"].sort_index()
