"""How evenly the routed slots are spread over the experts."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.stats import t

from nbutils.moe.routing.intervals import clustered_share_interval, jackknife
from nbutils.moe.routing.k_subsets import sampled_counts
from nbutils.moe.routing.record import Routing

UNIFORM_DRAWS = 1000


def load_statistics(counts: np.ndarray) -> dict[str, np.ndarray]:
    """How uneven counts of routed slots are; plain counts of any source will do.

    Args:
        counts: [..., E] slots of each expert.

    Returns:
        [...] each: `max_mean`, the busiest expert's load over the mean load; `max_vio`, (max - mean) / mean (Wang et
        al., arXiv 2408.15664); `cv`, standard deviation over mean; `gini`, 0 when even and 1 - 1/E when one expert has
        all; `dead`, experts that were never chosen; `entropy` of the load in bits, log2 E when even.
    """
    counts = np.asarray(counts, dtype=float)
    experts = counts.shape[-1]
    shares = counts / counts.sum(-1, keepdims=True)
    ranks = 2 * np.arange(1, experts + 1) - experts - 1
    return {
        "max_mean": shares.max(-1) * experts,
        "max_vio": shares.max(-1) * experts - 1,
        "cv": shares.std(-1) * experts,
        "gini": (np.sort(shares, axis=-1) * ranks).sum(-1) / experts,
        "dead": (counts == 0).sum(-1).astype(float),
        "entropy": entropy_bits(shares),
    }


def entropy_bits(shares: np.ndarray) -> np.ndarray:
    """Entropy [...] in bits of distributions [..., n]."""
    logs = np.log2(np.where(shares > 0, shares, 1.0))
    return np.maximum(-(shares * logs).sum(-1), 0.0)


def load_by_expert(routings: Mapping[str, Routing]) -> pd.DataFrame:
    """Load of each expert.

    Returns:
        One row per model, layer and expert: `model`, `layer`, `expert`, `tokens` for which it was chosen, `share` of
        the layer's routed slots with `low` and `high` (95 %, over passages, each expert by itself), `uniform` (1 / E).
    """
    frames = []
    for name, routing in routings.items():
        low, high = clustered_share_interval(routing.loads, routing.tokens[:, None, None])
        loads = routing.loads.sum(0)
        index = pd.MultiIndex.from_product(
            [[name], routing.layers, range(routing.experts)], names=["model", "layer", "expert"]
        )
        slots = routing.tokens.sum() * routing.top_k
        columns = {
            "tokens": loads,
            "share": loads / slots,
            "low": low / routing.top_k,
            "high": high / routing.top_k,
        }
        values = {key: value.reshape(-1) for key, value in columns.items()}
        frames.append(pd.DataFrame(values, index=index).reset_index().assign(uniform=1 / routing.experts))
    return pd.concat(frames, ignore_index=True)


def load_by_layer(routings: Mapping[str, Routing], seed: int = 0) -> pd.DataFrame:
    """What `load_statistics` gives for each layer, with a 95 % interval over passages and the value of a fair draw.

    Noise alone makes loads uneven, so the intervals are not those of a plain bootstrap, which would count the noise
    twice: `cv`, `gini` and `entropy` have the jackknife's (the first two by their squares), the busiest expert's load
    lies above the highest of its simultaneous lower bounds and below the highest of the upper bounds.

    Args:
        routings: by model name.
        seed: of the fair draws.

    Returns:
        One row per model, layer and statistic: `model`, `layer`, `statistic`, `value`, `low`, `high` (missing for
        `dead`), `uniform` (expected when each token chooses k of E experts at random) and `uniform_high` (97.5 % of
        such draws lie below; for `entropy`, above), `tokens`, `passages`.
    """
    frames = []
    for name, routing in routings.items():
        values, bounds = load_statistics(routing.loads.sum(0)), _intervals(routing)
        drawn = load_statistics(_uniform_counts(routing, seed))
        for statistic, value in values.items():
            low, high = bounds.get(statistic, (np.nan, np.nan))
            frame = {
                "model": name,
                "layer": routing.layers,
                "statistic": statistic,
                "value": value,
                "low": low,
                "high": high,
                "uniform": drawn[statistic].mean(),
                "uniform_high": np.quantile(drawn[statistic], 0.025 if statistic == "entropy" else 0.975),
                "tokens": int(routing.tokens.sum()),
                "passages": len(routing.tokens),
            }
            frames.append(pd.DataFrame(frame))
    return pd.concat(frames, ignore_index=True)


def _uniform_counts(routing: Routing, seed: int) -> np.ndarray:
    """Counts [draws, E] when each token chooses at random."""
    inclusion = np.full(routing.experts, routing.top_k / routing.experts)
    tokens = np.full(UNIFORM_DRAWS, routing.tokens.sum())
    return sampled_counts(inclusion, routing.top_k, tokens, np.random.default_rng(seed))


def _intervals(routing: Routing) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Lower and upper ends [L] of each statistic but `dead`."""

    def smooth(counts: np.ndarray) -> np.ndarray:
        statistics = load_statistics(counts)
        return np.stack([statistics["cv"] ** 2, statistics["gini"] ** 2, statistics["entropy"]])

    _, low, high = np.clip(jackknife(routing.loads.astype(float), smooth), 0, None)
    most = np.log2(routing.experts)
    busiest = _busiest(routing)
    return {
        "max_mean": busiest,
        "max_vio": (busiest[0] - 1, busiest[1] - 1),
        "cv": (np.sqrt(low[0]), np.sqrt(high[0])),
        "gini": (np.sqrt(low[1]), np.sqrt(high[1])),
        "entropy": (np.minimum(low[2], most), np.minimum(high[2], most)),
    }


def _busiest(routing: Routing) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper ends [L] of the largest load over the mean load."""
    groups, experts = len(routing.tokens), routing.experts
    tokens = routing.tokens[:, None, None]
    share = routing.loads.sum(0) / tokens.sum()
    error = np.sqrt(groups / (groups - 1) * ((routing.loads - share * tokens) ** 2).sum(0)) / tokens.sum()
    low = share - t.ppf(1 - 0.025 / experts, groups - 1) * error
    high = share + t.ppf(0.975, groups - 1) * error
    mean, most = routing.top_k / experts, 1.0  # a token chooses an expert at most once
    return np.maximum(low.max(-1) / mean, 1.0), np.minimum(high.max(-1), most) / mean
