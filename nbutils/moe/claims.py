"""The paper's claims about router and norms: what it reports, and the rule that turns numbers into a verdict.

Lo et al., arXiv 2406.18219, sections 5.2 and 5.3. The paper shows bars without numbers for most of these, so its figure
is given in words.
"""

from collections.abc import Mapping

import pandas as pd
from scipy.stats import kendalltau

from nbutils.moe.probe import Probe
from nbutils.moe.ranks import agreement_by_layer, difference_in_same_rank, norms_by_layer
from nbutils.statistics import above_null

FEWEST_LAYERS = 4
CORRELATIONS = ("spearman", "within_expert")
RANK_CLAIMS = {
    "top_largest": (
        "the expert with the top score has the largest output",
        "P(top-scored expert has the largest norm)",
        "most often (Mixtral, DeepSeek)",
    ),
    "same_rank_below_top": (
        "the i-th score meets the i-th norm, also below the top rank",
        "share of score ranks 2 to E with the same norm rank",
        "yes (Mixtral); top ranks only (DeepSeek); no (Grok)",
    ),
    "spearman": (
        "score and norm go together over all experts",
        "Spearman of score and norm over experts",
        "positive (Mixtral); inverse or none (Grok)",
    ),
    "smallest_scores_high": (
        "the expert with the smallest output scores fairly high",
        "P(smallest-norm expert has a score in the upper half)",
        "yes (DeepSeek)",
    ),
    "within_expert": (
        "an expert scores higher on tokens for which its own output is larger",
        "Pearson of score and norm over tokens, mean over experts",
        None,
    ),
}


def router_norms(
    probes: Mapping[str, Probe], control: str = "", resamples: int = 1000, seed: int = 0
) -> list[dict[str, object]]:
    """Findings of the notebook `router_norms`, one for each claim and model, and one for the contrast of two models.

    The null of a rank claim is the larger of chance and the value for shuffled tokens, which keeps whatever follows
    from some experts being both preferred and large for every token.

    Args:
        probes: by model name; the contrast compares the first two.
        control: name of the untrained model among `probes`; it gets no findings, its value is told beside the others'.
        resamples: bootstrap samples over passages.
        seed: of the bootstrap.
    """
    agreement = agreement_by_layer(probes, resamples, seed)
    norms = norms_by_layer(probes, resamples, seed)
    overall = agreement[agreement["layer"] == -1].set_index(["model", "statistic"])
    models = [name for name in probes if name != control]

    def alike(one: str, other: str) -> bool:
        """As many experts, hence the same chance levels."""
        return probes[one].rank_counts.shape == probes[other].rank_counts.shape

    findings = []
    for model in models:
        for statistic in RANK_CLAIMS:
            beside = overall.loc[(control, statistic)] if control and alike(control, model) else None
            findings.append(rank_finding(model, statistic, overall.loc[(model, statistic)], beside))
        findings.append(depth_finding(model, norms[norms["model"] == model]))
    if len(models) > 1:
        findings.append(contrast_finding(models[0], models[1], probes, resamples, seed))
    return findings


def rank_finding(model: str, statistic: str, row: pd.Series, control: pd.Series | None = None) -> dict[str, object]:
    """Finding from one row of `agreement_by_layer`: the claim holds when the interval lies above the null."""
    claim, quantity, paper = RANK_CLAIMS[statistic]
    null = float(max(row["chance"], row["shuffled"]) if pd.notna(row["shuffled"]) else row["chance"])
    verdict, reason = above_null(row["low"], row["high"], null, row["passages"])
    if statistic not in CORRELATIONS:
        reason += f"; {row['value'] / null:.2f} times the null"
    if control is not None:
        reason += f"; untrained {control['value']:.3g}"
    return {
        "claim": f"{model}: {claim}",
        "quantity": quantity,
        "unit": "correlation" if statistic in CORRELATIONS else "probability",
        "paper": paper,
        "measured": float(row["value"]),
        "interval": (float(row["low"]), float(row["high"])),
        "null": null,
        "verdict": verdict,
        "reason": reason,
        "n": int(row["tokens"]),
    }


def depth_finding(model: str, norms: pd.DataFrame) -> dict[str, object]:
    """Finding from the rows of `norms_by_layer` of one model: norms grow with depth when Kendall's tau is positive.

    The layers are the sample, so the test is the exact one over their order and there is no interval over tokens.
    """
    finding = {
        "claim": f"{model}: output norms grow with depth",
        "quantity": "Kendall's tau of layer and mean norm",
        "unit": "correlation",
        "paper": "yes (Mixtral, DeepSeek, Grok)",
        "measured": None,
        "interval": None,
        "null": 0.0,
        "verdict": "not testable here",
        "reason": f"{len(norms)} layers are too few for a trend; {FEWEST_LAYERS} are needed",
        "n": len(norms),
    }
    if len(norms) < FEWEST_LAYERS:
        return finding
    test = kendalltau(norms["layer"], norms["norm"], alternative="greater")
    growth = norms["norm"].iloc[-1] / norms["norm"].iloc[0]
    return finding | {
        "measured": float(test.statistic),
        "verdict": "holds" if test.pvalue < 0.05 else "fails",
        "reason": f"p = {test.pvalue:.2g} over the order of layers; last / first layer {growth:.3g}",
    }


def contrast_finding(
    first: str, second: str, probes: Mapping[str, Probe], resamples: int, seed: int
) -> dict[str, object]:
    """Finding on whether `second` follows the ranks below the top more than `first`, as Mixtral and DeepSeek do."""
    difference = difference_in_same_rank(probes[second], probes[first], resamples, seed)
    clusters = min(len(probes[name].tokens) for name in (first, second))
    verdict, reason = above_null(difference["low"], difference["high"], 0.0, clusters)
    return {
        "claim": f"{second} follows the ranks below the top more closely than {first}",
        "quantity": f"{second} minus {first}: {RANK_CLAIMS['same_rank_below_top'][1]}",
        "unit": "times chance",
        "paper": "Mixtral above DeepSeek",
        "measured": float(difference["value"]),
        "interval": (difference["low"], difference["high"]),
        "null": 0.0,
        "verdict": verdict,
        "reason": reason,
        "n": int(min(probes[name].tokens.sum() for name in (first, second))),
    }
