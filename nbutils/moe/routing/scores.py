"""How decided the router is: entropy of its scores, and how far the top score stands out."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from nbutils.moe.routing.intervals import jackknife
from nbutils.moe.routing.load import entropy_bits
from nbutils.moe.routing.record import Routing
from nbutils.statistics import percentile_interval, resampled_sums


def entropy_by_layer(routings: Mapping[str, Routing], resamples: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Entropy of what the router says of one token, and of where it sends all of them.

    Returns:
        One row per model, layer and distribution: `model`, `layer`, `distribution` (`gate scores`, the softmax over all
        experts, and `chosen weights`, the weights of the chosen experts as shares: means over tokens; `load`, the
        shares of the routed slots), `bits` with `low` and `high` (95 %, over passages), `most` (bits when even: log2 of
        the number of experts, or of top-k), `share`, `share_low`, `share_high` (of `most`; missing where that is 0),
        `tokens`, `passages`.
    """
    frames = []
    for name, routing in routings.items():
        of_all, of_chosen = np.log2(routing.experts), np.log2(routing.top_k)
        estimates = {
            "gate scores": (*_mean(routing, "gate_entropy", resamples, seed), of_all),
            "chosen weights": (*_mean(routing, "weight_entropy", resamples, seed), of_chosen),
            "load": (*_load_entropy(routing), of_all),
        }
        for distribution, (bits, low, high, most) in estimates.items():
            ends = {"bits": bits, "low": np.clip(low, 0, most), "high": np.clip(high, 0, most)}
            shares = {
                f"share{'_' * bool(end)}{end}": value / most if most else np.nan
                for end, value in zip(("", "low", "high"), ends.values(), strict=True)
            }
            frame = {"model": name, "layer": routing.layers, "distribution": distribution, **ends, "most": most}
            counts = {"tokens": int(routing.tokens.sum()), "passages": len(routing.tokens)}
            frames.append(pd.DataFrame(frame | shares | counts))
    return pd.concat(frames, ignore_index=True)


def top_score_by_layer(routings: Mapping[str, Routing], resamples: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Mean of the largest gate score over the mean of the second largest (Lo et al., arXiv 2406.18219, figure 4).

    The largest of any numbers is above the second, so the ratio is set beside that of scores without a common token:
    each expert's log score, less the token's mean over experts, taken from another token.

    Returns:
        One row per model and layer: `model`, `layer` (-1: mean over layers), `top`, `second` (mean gate scores),
        `value` (their ratio; missing for one expert), `low`, `high` (95 %, over passages), `shuffled`, `excess` (the
        difference of the two) with `excess_low` and `excess_high`, `passages`.
    """
    names = ("top_score", "second_score", "top_shuffled", "second_shuffled")
    frames = []
    for name, routing in routings.items():
        sums = np.stack([routing.sums[key] for key in names], axis=-1)

        def ratios(totals: np.ndarray) -> np.ndarray:
            """Ratio and shuffled ratio [..., 2, L + 1]."""
            with np.errstate(invalid="ignore", divide="ignore"):
                by_layer = np.where(totals[..., 1::2] > 0, totals[..., ::2] / totals[..., 1::2], np.nan)
            by_layer = np.swapaxes(by_layer, -1, -2)
            return np.concatenate([by_layer, by_layer.mean(-1, keepdims=True)], axis=-1)

        value, shuffled = ratios(sums.sum(0))
        samples = ratios(resampled_sums(sums, resamples, seed))
        low, high = percentile_interval(samples[:, 0])
        excess_low, excess_high = percentile_interval(samples[:, 0] - samples[:, 1])
        top, second = (sums[..., i].sum(0) / routing.tokens.sum() for i in (0, 1))
        frame = {
            "model": name,
            "layer": [*routing.layers, -1],
            "top": np.append(top, top.mean()),
            "second": np.append(second, second.mean()),
            "value": value,
            "low": low,
            "high": high,
            "shuffled": shuffled,
            "excess": value - shuffled,
            "excess_low": excess_low,
            "excess_high": excess_high,
            "passages": len(routing.tokens),
        }
        frames.append(pd.DataFrame(frame))
    return pd.concat(frames, ignore_index=True)


def _mean(routing: Routing, key: str, resamples: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean over tokens [L], and its lower and upper ends."""
    tokens = np.broadcast_to(routing.tokens[:, None], routing.sums[key].shape)
    sums = np.stack([routing.sums[key], tokens], axis=-1)
    samples = resampled_sums(sums, resamples, seed)
    total = sums.sum(0)
    return total[:, 0] / total[:, 1], *percentile_interval(samples[..., 0] / samples[..., 1])


def _load_entropy(routing: Routing) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Entropy of the load [L], and its lower and upper ends."""

    def entropy(counts: np.ndarray) -> np.ndarray:
        return entropy_bits(counts / counts.sum(-1, keepdims=True))

    _, low, high = jackknife(routing.loads.astype(float), entropy)
    return entropy(routing.loads.sum(0)), low, high
