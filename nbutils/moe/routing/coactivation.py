"""Which experts are chosen together (OLMoE, arXiv 2409.02060, section 5.2)."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.stats import t

from nbutils.moe.routing.k_subsets import pair_inclusion
from nbutils.moe.routing.record import Routing

LEVEL = 0.95


def coactivation(routings: Mapping[str, Routing]) -> pd.DataFrame:
    """How often a second expert is chosen where a first one is, all pairs of the chosen experts counted.

    Independence cannot mean p_i p_j here, as a token that has chosen one expert has a choice less: it is the
    distribution over k experts of largest entropy that has the measured loads (`k_subsets`).

    Returns:
        One row per model, layer and ordered pair of different experts: `model`, `layer`, `first`, `second`, `tokens`
        with both, `share` (of the tokens of `first`; missing where there are none), `expected` (that share if choices
        were independent given the loads), `ratio` (`share` over `expected`; missing where that is 0).
    """
    frames = []
    for name, routing in routings.items():
        experts = routing.experts
        pairs, expected = routing.pairs.sum(0), _expected(routing)
        loads = np.diagonal(pairs, axis1=1, axis2=2)[:, :, None]
        with np.errstate(invalid="ignore", divide="ignore"):
            values = {
                "tokens": pairs,
                "share": np.where(loads > 0, pairs / loads, np.nan),
                "expected": np.where(loads > 0, expected / loads, np.nan),
                "ratio": np.where(expected > 0, pairs / expected, np.nan),
            }
        index = pd.MultiIndex.from_product(
            [[name], routing.layers, range(experts), range(experts)], names=["model", "layer", "first", "second"]
        )
        frame = pd.DataFrame({key: value.reshape(-1) for key, value in values.items()}, index=index).reset_index()
        frames.append(frame[frame["first"] != frame["second"]])
    return pd.concat(frames, ignore_index=True)


def strongest_pairs(routings: Mapping[str, Routing], most: int = 5) -> pd.DataFrame:
    """The pairs of each layer that are surely together more often than independent choices with the same loads.

    Every pair of a layer that occurs is tested, and intervals hold for all of them at once (Bonferroni); they are those
    of the log ratio over folds of passages, with Student's quantile.

    Args:
        routings: by model name.
        most: pairs for each layer, those with the highest lower bound.

    Returns:
        One row per model, layer and pair: `model`, `layer`, `first` < `second`, `tokens` with both, `ratio` (observed
        over expected) with `low` and `high`, `tests` (pairs of the layer), `above` and `below` (how many of them lie
        above and below 1), `passages` (folds of them). No row for top-1 models, which choose no pair.
    """
    rows = []
    for name, routing in routings.items():
        expected = _expected(routing)
        for i, layer in enumerate(routing.layers):
            first, second, ratio, error = _log_ratios(routing, i, expected[i])
            tests, folds = len(ratio), len(routing.pairs)
            reach = t.ppf(1 - (1 - LEVEL) / 2 / max(1, tests), folds - 1) * error
            low, high = ratio * np.exp(-reach), ratio * np.exp(reach)
            for pair in np.argsort(-low, kind="stable")[:most]:
                rows.append(
                    {
                        "model": name,
                        "layer": layer,
                        "first": first[pair],
                        "second": second[pair],
                        "tokens": routing.pairs[:, i, first[pair], second[pair]].sum(),
                        "ratio": ratio[pair],
                        "low": low[pair],
                        "high": high[pair],
                        "tests": tests,
                        "above": int((low > 1).sum()),
                        "below": int((high < 1).sum()),
                        "passages": folds,
                    }
                )
    columns = ["model", "layer", "first", "second", "tokens", "ratio", "low", "high", "tests", "above", "below"]
    return pd.DataFrame(rows, columns=[*columns, "passages"])


def _expected(routing: Routing) -> np.ndarray:
    """Tokens [L, E, E] with both experts if choices were independent given the loads."""
    tokens = routing.tokens.sum()
    return pair_inclusion(routing.loads.sum(0) / tokens, routing.top_k) * tokens


def _log_ratios(
    routing: Routing, layer: int, expected: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """First and second expert of the pairs that occur, observed over expected, and the standard error of its log.

    The expected number follows the loads, to first order as their product: what a fold adds to the log ratio is its
    part in the pair less its parts in both loads.
    """
    counts = routing.pairs[:, layer].astype(float)
    folds = len(counts)
    if folds < 2:
        raise ValueError(f"{folds} cluster is too few for an interval: give at least two passages.")
    first, second = np.nonzero(np.triu(counts.sum(0), 1))
    loads = np.diagonal(counts, axis1=1, axis2=2)
    load_parts = loads / np.maximum(loads.sum(0), 1)
    token_parts = (loads.sum(1) / loads.sum())[:, None]
    pair_counts = counts[:, first, second]
    parts = pair_counts / pair_counts.sum(0) - load_parts[:, first] - load_parts[:, second] + token_parts
    error = np.sqrt(folds / (folds - 1) * (parts**2).sum(0))
    return first, second, pair_counts.sum(0) / expected[first, second], error
