"""The paper's claims about router and norms: what it reports, and the rule that turns numbers into a verdict.

Lo et al., arXiv 2406.18219, sections 5.2 and 5.3. The paper shows bars without numbers for most of these, so its figure
is given in words.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.stats import kendalltau

from nbutils.moe.norms.ranks import agreement_by_layer, difference_in_same_rank, norms_by_layer
from nbutils.moe.scores import AGREEMENT
from nbutils.moe.sums import Probe
from nbutils.statistics import above_null

FEWEST_LAYERS = 4
CORRELATIONS = ("spearman", "within_expert")
NOTHING_SHUFFLED = "not testable here", "one batch leaves no tokens to shuffle: measure more, or lower batch_size"
# The claim, the quantity, what the paper shows. The last claim is this notebook's own.
RANK_CLAIMS = {
    "top_largest": (
        "the expert with the top score has the largest output, more often than chance",
        "P(top-scored expert has the largest norm)",
        "most often (Mixtral)",
    ),
    "same_rank_below_top": (
        "below the top, the i-th score meets the i-th norm, more often than chance",
        "share of the other experts with the same rank by score and by norm",
        "yes (Mixtral); top ranks only (DeepSeek); no (Grok)",
    ),
    "spearman": (
        "score and norm rise together over experts",
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
        "Pearson of score and norm over tokens of all passages, mean over experts",
        None,
    ),
}
# The two embedded models stand for the two kinds that the paper sets against each other.
PAPERS_CONTRAST = ("moe-scratch", "moe-upcycled")


def router_norms(
    probes: Mapping[str, Probe], models: Sequence[str], resamples: int = 1000, seed: int = 0
) -> list[dict[str, object]]:
    """Findings of the notebook `router_norms`, one for each claim and model, and one for the contrast of two models.

    Args:
        probes: by model name.
        models: those to judge, "" passed over; the contrast compares the first two. Another one among `probes` is the
            control: its values are told beside the first model's.
        resamples: bootstrap samples over passages.
        seed: of the bootstrap.
    """
    agreement = agreement_by_layer(probes, resamples, seed)
    norms = norms_by_layer(probes, resamples, seed)
    models = [name for name in probes if name in {model.strip() for model in models}]
    findings = []
    for model in models:
        rows = agreement[agreement["model"] == model]
        for statistic in RANK_CLAIMS:
            findings.append(rank_finding(model, statistic, rows[rows["statistic"] == statistic]))
        findings.append(depth_finding(model, norms[norms["model"] == model]))
    for control in [name for name in probes if name not in models]:
        rows = agreement[(agreement["model"] == control) & (agreement["layer"] == -1)].set_index("statistic")
        for finding, statistic in zip(findings, RANK_CLAIMS, strict=False):
            finding["reason"] += f"; {control} {rows.loc[statistic, 'value']:.3g}"
    if len(models) > 1:
        findings.append(contrast_finding(models[0], models[1], probes, resamples, seed))
    return findings


def rank_finding(model: str, statistic: str, rows: pd.DataFrame) -> dict[str, object]:
    """Finding from the rows of `agreement_by_layer` of one model and statistic.

    The null is the larger of chance and the value for shuffled tokens, which keeps whatever follows from some experts
    being both preferred and large for every token. The claim holds when the interval of the mean over layers lies above
    the null, and so do the intervals of at least half of the layers, and of more layers than lie below chance.
    """
    claim, quantity, paper = RANK_CLAIMS[statistic]
    rows = rows.assign(null=rows[["chance", "shuffled"]].max(axis=1))
    mean, layers = rows[rows["layer"] == -1].iloc[0], rows[rows["layer"] >= 0]
    verdict, reason = above_null(mean["low"], mean["null"], int(mean["passages"]))
    if statistic in AGREEMENT and pd.isna(mean["shuffled"]):
        verdict, reason = NOTHING_SHUFFLED
    above, below = (layers["low"] > layers["null"]).sum(), (layers["high"] < layers["chance"]).sum()
    if verdict == "holds" and above < max(len(layers) / 2, below + 1):
        verdict, reason = "fails", "the interval of the mean lies above the null, those of too few layers do"
    return {
        "claim": f"{model}: {claim}",
        "quantity": f"{quantity}, mean over layers",
        "unit": "correlation" if statistic in CORRELATIONS else "probability",
        "paper": paper,
        "measured": float(mean["value"]),
        "interval": (float(mean["low"]), float(mean["high"])),
        "null": float(mean["null"]),
        "verdict": verdict,
        "reason": f"{reason}; {above} of {len(layers)} layers above their null, {below} below chance",
        "n": int(mean["passages"]),
    }


def depth_finding(model: str, norms: pd.DataFrame) -> dict[str, object]:
    """Finding from the rows of `norms_by_layer` of one model: norms grow with depth when Kendall's tau is positive.

    The layers are the sample, so the test is the exact one over their order and there is no interval over tokens. It
    takes the layers as exchangeable, which layers that build on one another are not: p is a lower bound.
    """
    finding = {
        "claim": f"{model}: output norms grow with depth",
        "quantity": "Kendall's tau of layer and mean norm",
        "unit": "correlation",
        "paper": "yes",
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
        "reason": f"p = {test.pvalue:.2g} if layers were independent; last / first layer {growth:.3g}",
    }


def contrast_finding(
    first: str, second: str, probes: Mapping[str, Probe], resamples: int, seed: int
) -> dict[str, object]:
    """Finding on whether `second` follows the ranks below the top more than `first`, as Mixtral and DeepSeek do."""
    difference = difference_in_same_rank(probes[second], probes[first], resamples, seed)
    clusters = min(len(probes[name].tokens) for name in (first, second))
    verdict, reason = above_null(difference["low"], 0.0, clusters)
    testable = np.isfinite([difference[name] for name in ("value", "low", "high")]).all()
    if not testable:
        verdict, reason = NOTHING_SHUFFLED
    return {
        "claim": f"{second} follows the ranks below the top more closely than {first}",
        "quantity": f"{second} minus {first}: {RANK_CLAIMS['same_rank_below_top'][1]}, above shuffled tokens",
        "unit": "times chance",
        "paper": "Mixtral above DeepSeek" if (first, second) == PAPERS_CONTRAST else None,
        "measured": difference["value"] if testable else None,
        "interval": (difference["low"], difference["high"]) if testable else None,
        "null": 0.0,
        "verdict": verdict,
        "reason": reason,
        "n": clusters,
    }
