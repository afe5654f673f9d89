"""Tables from a probe: rank counts, agreement of score and norm with intervals, norms by depth."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from nbutils.moe.scores import AGREEMENT
from nbutils.moe.sums import Probe
from nbutils.statistics import percentile_interval, resampled_sums


def rank_counts(probes: Mapping[str, Probe]) -> pd.DataFrame:
    """How often the expert with the i-th largest score has the j-th largest norm (Lo et al., figures 10, 11 and 13).

    Returns:
        One row per model, layer and pair of ranks: `model`, `layer`, `score_rank` and `norm_rank` (1 the largest),
        `count` in tokens, `share` of the tokens (the chance level is 1 / number of experts).
    """
    frames = []
    for name, probe in probes.items():
        experts = probe.rank_counts.shape[1]
        index = pd.MultiIndex.from_product(
            [[name], probe.layers, range(1, experts + 1), range(1, experts + 1)],
            names=["model", "layer", "score_rank", "norm_rank"],
        )
        frame = pd.DataFrame({"count": probe.rank_counts.reshape(-1)}, index=index).reset_index()
        frames.append(frame.assign(share=frame["count"] / probe.tokens.sum()))
    return pd.concat(frames, ignore_index=True)


def agreement_by_layer(probes: Mapping[str, Probe], resamples: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Agreement of score and norm in each layer and over all layers, with a 95 % bootstrap interval over passages.

    Statistics: means over tokens of what `probe.rank_agreement` gives, and `within_expert`, the Pearson correlation of
    score and norm over tokens, mean over experts.

    Returns:
        One row per model, statistic and layer: `model`, `statistic`, `layer` (-1: mean over layers), `value`, `low`,
        `high`, `chance` (of independent random rankings), `shuffled` (for the norms of another token; missing for
        `within_expert`), `tokens`, `passages` (clusters of the bootstrap; groups of passages when there are over 100).
    """
    rows = []
    for name, probe in probes.items():
        for statistic in (*AGREEMENT, "within_expert"):
            value, samples = _estimates(probe, statistic, resamples, seed)
            shuffled = _shuffled(probe, statistic)
            low, high = percentile_interval(samples)
            for i, layer in enumerate([*probe.layers, -1]):
                rows.append(
                    {
                        "model": name,
                        "statistic": statistic,
                        "layer": layer,
                        "value": value[i],
                        "low": low[i],
                        "high": high[i],
                        "chance": _chance(statistic, probe.rank_counts.shape[1]),
                        "shuffled": shuffled[i],
                        "tokens": int(probe.tokens.sum()),
                        "passages": len(probe.tokens),
                    }
                )
    return pd.DataFrame(rows)


def difference_in_same_rank(first: Probe, second: Probe, resamples: int = 1000, seed: int = 0) -> dict[str, float]:
    """How much further `first` is above its shuffled tokens than `second`, in `same_rank_below_top`.

    Returns:
        `value`, `low` and `high` of the difference, a mean over layers in multiples of chance, so that models with
        different numbers of experts can be compared. Passages are drawn alike for both when both saw as many, so that
        the interval is that of paired data. NaN when a model saw one batch only.
    """
    (one, one_samples), (two, two_samples) = (_excess_in_same_rank(probe, resamples, seed) for probe in (first, second))
    low, high = percentile_interval(one_samples - two_samples)
    return {"value": float(one - two), "low": float(low), "high": float(high)}


def _excess_in_same_rank(probe: Probe, resamples: int, seed: int) -> tuple[float, np.ndarray]:
    """Mean over layers of value minus shuffled value over chance, and its bootstrap samples [resamples]."""
    statistic = "same_rank_below_top"
    value, shuffled = probe.sums[statistic], probe.shuffled[statistic]
    tokens = (np.broadcast_to(t[:, None], value.shape) for t in (probe.tokens, probe.shuffled_tokens))
    sums = np.stack([value, shuffled, *tokens], axis=-1)

    def excess(totals: np.ndarray) -> np.ndarray:
        with np.errstate(invalid="ignore", divide="ignore"):
            means = totals[..., :2] / totals[..., 2:]
        return (means[..., 0] - means[..., 1]).mean(-1) / _chance(statistic, probe.rank_counts.shape[1])

    return float(excess(sums.sum(0))), excess(resampled_sums(sums, resamples, seed))


def norms_by_layer(probes: Mapping[str, Probe], resamples: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Expert output norms in each layer.

    Returns:
        One row per model and layer: `model`, `layer`, `norm` (mean over tokens and experts) with `low` and `high`
        (95 %, over passages), `smallest_expert` and `largest_expert` (means over tokens of the extreme experts),
        `chosen` and `passed_over` (means over chosen and other experts; missing when every expert is chosen).
    """
    frames = []
    for name, probe in probes.items():
        tokens, norms = probe.moments[..., 0], probe.moments[..., 2]
        samples = resampled_sums(np.stack([tokens.sum(-1), norms.sum(-1)], axis=-1), resamples, seed)
        low, high = percentile_interval(samples[..., 1] / samples[..., 0])
        total, by_expert = norms.sum((0, 2)), norms.sum(0) / tokens.sum(0)
        chosen, chosen_norm = probe.chosen.sum(1), probe.chosen_norm.sum(1)
        others = tokens.sum((0, 2)) - chosen
        frames.append(
            pd.DataFrame(
                {
                    "model": name,
                    "layer": probe.layers,
                    "norm": total / tokens.sum((0, 2)),
                    "low": low,
                    "high": high,
                    "smallest_expert": by_expert.min(1),
                    "largest_expert": by_expert.max(1),
                    "chosen": chosen_norm / chosen,
                    "passed_over": np.where(others > 0, (total - chosen_norm) / np.maximum(others, 1), np.nan),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def _shuffled(probe: Probe, statistic: str) -> np.ndarray:
    """Values [L + 1] of each layer and their mean for shuffled tokens; NaN where there are none."""
    tokens = probe.shuffled_tokens.sum()
    if statistic not in probe.shuffled or not tokens:
        return np.full(len(probe.layers) + 1, np.nan)
    value = probe.shuffled[statistic].sum(0) / tokens
    return np.append(value, value.mean())


def _estimates(probe: Probe, statistic: str, resamples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Values [L + 1] of each layer and their mean, and bootstrap samples [resamples, L + 1]."""
    if statistic == "within_expert":
        sums, of = probe.moments, _within_expert
    else:
        tokens = np.broadcast_to(probe.tokens[:, None], probe.sums[statistic].shape)
        sums, of = np.stack([probe.sums[statistic], tokens], axis=-1), _mean
    value, samples = of(sums.sum(0, keepdims=True))[0], of(resampled_sums(sums, resamples, seed))
    return np.append(value, value.mean()), np.column_stack([samples, samples.mean(1)])


def _mean(sums: np.ndarray) -> np.ndarray:
    return sums[..., 0] / sums[..., 1]


def _within_expert(moments: np.ndarray) -> np.ndarray:
    """Mean over experts of the Pearson correlation of score and norm, from moments [..., L, E, 6]."""
    n, score, norm, score_squared, norm_squared, product = np.moveaxis(moments, -1, 0)
    covariance = product / n - score * norm / n**2
    variances = np.clip(score_squared / n - (score / n) ** 2, 0, None) * np.clip(
        norm_squared / n - (norm / n) ** 2, 0, None
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.nanmean(np.where(variances > 0, covariance / np.sqrt(variances), np.nan), axis=-1)


def _chance(statistic: str, experts: int) -> float:
    if statistic == "top_largest":
        return 1 / experts
    if statistic == "same_rank_below_top":
        return 1 / max(1, experts - 1)
    return (experts // 2) / experts if statistic == "smallest_scores_high" else 0.0
