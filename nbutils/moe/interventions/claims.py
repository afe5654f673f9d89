"""Findings about what experts and the router's choice are worth; each verdict is computed from its table."""

import pandas as pd

from nbutils.moe.interventions import knockout, pruning
from nbutils.moe.interventions.lens import lens_gains
from nbutils.statistics import above_null

JUDGED_SHARE = 0.5
NATS = "nats per token"


def interventions(
    choices: pd.DataFrame, pruned: pd.DataFrame, spoken: pd.DataFrame, resamples: int = 1000, seed: int = 0
) -> list[dict[str, object]]:
    """Findings of every model, one for each claim.

    Args:
        choices: from `router_choice_losses`, of one model or several.
        pruned: from `pruning_losses`, of the same models.
        spoken: the second table of `expert_lens`, of the same models.
        resamples: bootstrap samples over passages.
        seed: of the bootstrap.
    """
    drawn = (resamples, seed)
    knockouts, differences = (
        table(choices, *drawn) for table in (knockout.router_choice_knockouts, knockout.top_against_least)
    )
    random, frequency = (pruning.cost_above(pruned, order, *drawn) for order in (pruning.RANDOM, pruning.LEAST_USED))
    gains = lens_gains(spoken, *drawn)
    findings = []
    for model in knockouts["model"].unique():
        replaced, top, by_chance, by_use, voices = (
            table[table["model"] == model]
            for table in (knockouts[knockouts["kind"] == knockout.RANDOM], differences, random, frequency, gains)
        )
        findings += [
            choice_finding(model, replaced),
            top_finding(model, top),
            random_pruning_finding(model, by_chance),
            frequency_finding(model, by_use),
            voice_finding(model, voices),
        ]
    return findings


def choice_finding(model: str, rows: pd.DataFrame) -> dict[str, object]:
    """Finding from the rows of `router_choice_knockouts` of one model for random experts; see `_over_layers`."""
    return {
        "claim": f"{model}: the router's choice matters: random experts in its place raise the loss",
        "quantity": "change in loss with random experts in one layer, mean over layers",
        "unit": NATS,
        **_over_layers(rows, "change"),
    }


def top_finding(model: str, rows: pd.DataFrame) -> dict[str, object]:
    """Finding from the rows of `top_against_least` of one model; see `_over_layers`.

    With one expert a token both are the same, and there is nothing to test.
    """
    finding = {
        "claim": f"{model}: a token's top-weighted expert matters more than its least-weighted one",
        "quantity": "change in loss without the one minus without the other, in one layer, mean over layers",
        "unit": NATS,
        **_over_layers(rows, "change"),
    }
    if not rows[["change", "low", "high"]].any(axis=None):
        return finding | {
            "verdict": "not testable here",
            "reason": "each token's top-weighted and least-weighted expert are the same",
        }
    return finding


def random_pruning_finding(model: str, rows: pd.DataFrame) -> dict[str, object]:
    """Finding from the rows of `cost_above` of one model for random sets, at half of the experts.

    It holds when the interval of the difference to the mean draw lies above 0, and the least salient experts cost less
    than all but 5 % of the draws: an order that has nothing to do with the experts' worth would beat the mean draw in
    every second model.
    """
    row = _judged(rows)
    draws, as_good = int(row["draws"]), int(row["as_good"])
    finding = {
        "claim": f"{model}: salient experts matter more: removing the least salient costs less than removing random "
        "ones",
        "quantity": f"loss without random experts, mean over {draws} draws, minus without the least salient, "
        f"{int(row['removed'])} of every layer's experts removed",
        "paper": None,
        **_cost(row),
    }
    if finding["verdict"] == "not testable here":
        return finding
    if draws < pruning.DRAWS_TO_JUDGE:
        reason = f"{draws} random draws are too few; {pruning.DRAWS_TO_JUDGE} are needed"
        return finding | {"verdict": "not testable here", "reason": reason}
    p = (as_good + 1) / (draws + 1)
    told = f"{as_good} of {draws} draws cost no more, p = {p:.2g}"
    if finding["verdict"] == "holds" and p > 0.05:
        return finding | {"verdict": "fails", "reason": f"the mean draw costs more, but too few draws do: {told}"}
    return finding | {"reason": f"{finding['reason']}; {told}"}


def frequency_finding(model: str, rows: pd.DataFrame) -> dict[str, object]:
    """Finding from the rows of `cost_above` of one model for the least used experts, at half of the experts."""
    row = _judged(rows)
    return {
        "claim": f"{model}: removing the least salient experts costs less than removing the least used ones",
        "quantity": "loss without the least used minus without the least salient, "
        f"{int(row['removed'])} of every layer's experts removed",
        "paper": "yes (REAP)",
        **_cost(row),
    }


def voice_finding(model: str, rows: pd.DataFrame) -> dict[str, object]:
    """Finding from the rows of `lens_gains` of one model; see `_over_layers`."""
    return {
        "claim": f"{model}: an expert's own output speaks for the next token",
        "quantity": "logit of the next token minus that of other positions' next tokens, through final norm and "
        "unembedding, mean over chosen experts and layers",
        "unit": "logits",
        **_over_layers(rows, "gain"),
    }


def _over_layers(rows: pd.DataFrame, column: str) -> dict[str, object]:
    """What is measured, and the verdict: above 0 in the mean over layers.

    It holds when the interval of the mean lies above 0, and so do the intervals of at least half of the layers, and of
    more layers than lie below.
    """
    mean, layers = rows[rows["layer"] == -1].iloc[0], rows[rows["layer"] >= 0]
    verdict, reason = above_null(mean["low"], 0.0, int(mean["passages"]))
    above, below = (layers["low"] > 0).sum(), (layers["high"] < 0).sum()
    if verdict == "holds" and above < max(len(layers) / 2, below + 1):
        verdict, reason = "fails", "the interval of the mean lies above the null, those of too few layers do"
    return {
        "paper": None,
        "measured": float(mean[column]),
        "interval": (float(mean["low"]), float(mean["high"])),
        "null": 0.0,
        "verdict": verdict,
        "reason": f"{reason}; {above} of {len(layers)} layers above 0, {below} below",
        "n": int(mean["passages"]),
    }


def _judged(rows: pd.DataFrame) -> pd.Series:
    """The share nearest to a half."""
    return rows.loc[(rows["share"] - JUDGED_SHARE).abs().idxmin()]


def _cost(row: pd.Series) -> dict[str, object]:
    verdict, reason = above_null(row["low"], 0.0, int(row["passages"]))
    if not row["removed"]:
        verdict, reason = "not testable here", "too few experts for this share of them to be one"
    return {
        "unit": NATS,
        "measured": float(row["change"]),
        "interval": (float(row["low"]), float(row["high"])),
        "null": 0.0,
        "verdict": verdict,
        "reason": reason,
        "n": int(row["passages"]),
    }
