"""Do experts serve tokens of the vocabulary? (OLMoE, arXiv 2409.02060, section 5.4)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from nbutils.moe.routing.intervals import clustered_share_interval, effective_tokens, jackknife
from nbutils.moe.routing.k_subsets import sampled_counts
from nbutils.moe.routing.record import Routing
from nbutils.moe.routing.token_counts import TokenCounts

DRAWS = 200
GRID = 24
LEVEL = 0.95
# Two folds share the error with which one's favourites do in the other. Where routing knows nothing of tokens, that
# makes the variance of the sum over folds twice the sum of their variances (a degenerate U-statistic); elsewhere less.
JUDGED_AND_JUDGING = np.sqrt(2)


@dataclass(frozen=True)
class _Frequent:
    """Counts of one layer for the tokens that occur often enough, in pairs sorted by token and expert.

    `starts` [V] position of each token's first pair; `pair_of_row` [n] pair of each row of the counts by fold.
    """

    token: np.ndarray
    expert: np.ndarray
    count: np.ndarray
    starts: np.ndarray
    occurrences: np.ndarray
    pair_of_row: np.ndarray
    fold: np.ndarray
    fold_count: np.ndarray

    def by_fold(self, fold: int) -> np.ndarray:
        """Counts of each pair within one fold."""
        rows = self.fold == fold
        return np.bincount(self.pair_of_row[rows], self.fold_count[rows], minlength=len(self.expert))

    def of_tokens(self, counts: np.ndarray) -> np.ndarray:
        """Sums over the pairs of each token."""
        return np.add.reduceat(counts, self.starts) if len(self.starts) else np.zeros(0)


def vocabulary_by_layer(routings: Mapping[str, Routing], least: int = 20, seed: int = 0) -> pd.DataFrame:
    """How much of a token's occurrences goes to one expert, the mean over occurrences of frequent tokens.

    The favourite expert of a rare token takes much of it by luck. Two answers: the expected share of the favourite when
    as many occurrences choose independently with the loads of the layer; and `held_out`, in which the favourite is
    chosen on all folds of passages but one and its share counted in that one, which luck does not raise.

    Args:
        routings: by model name.
        least: occurrences that a token needs.
        seed: of the independent draws.

    Returns:
        One row per model and layer: `model`, `layer` (-1: mean over layers), `value` (share of the favourite), `null`
        (expected of independent choices), `held_out` with `low` and `high` (95 %, over folds), `load` (of the same
        experts in the same folds over all tokens: the null of `held_out`), `excess` (`held_out` less `load`) with
        `excess_low` and `excess_high`, `types` (different tokens), `occurrences`, `passages` (folds of them). Values
        are missing when no token occurs `least` times.
    """
    frames = []
    for name, routing in routings.items():
        generator = np.random.default_rng(seed)
        measured, held_out = [], []
        for layer in range(len(routing.layers)):
            frequent = _frequent(routing.vocabulary[layer], routing, least)
            measured.append(_favourites(frequent, routing, layer, generator))
            held_out.append(_held_out(frequent, routing, layer))
        frames.append(_layer_rows(name, routing, np.array(measured), np.stack(held_out, axis=1)))
    return pd.concat(frames, ignore_index=True)


def specialised_tokens(
    routings: Mapping[str, Routing],
    decode: Mapping[str, Callable[[int], str]],
    least: int = 20,
    most: int = 5,
    seed: int = 0,
) -> pd.DataFrame:
    """The tokens of each layer that are most surely routed to one expert.

    Args:
        routings: by model name.
        decode: for each model, from a number of its vocabulary to the token's text.
        least: occurrences that a token needs.
        most: tokens for each layer, those with the highest lower bound.
        seed: of the independent draws.

    Returns:
        One row per model, layer and token: `model`, `layer`, `token` (text), `token_id`, `occurrences`, `expert` (the
        favourite), `share` of the occurrences for which it is chosen, `low` (lower bound over folds of passages, for
        all tokens and experts of the layer at once, 95 % one-sided), `expected` (share of the favourite of as many
        independent choices), `load` (share of all tokens for which that expert is chosen), `tests`.
    """
    rows = []
    for name, routing in routings.items():
        generator = np.random.default_rng(seed)
        for i, layer in enumerate(routing.layers):
            frequent = _frequent(routing.vocabulary[i], routing, least)
            pair, share = _favourite_pairs(frequent, frequent.count)
            tests = len(frequent.starts) * routing.experts
            low = _lower_bounds(frequent, routing, pair, tests)
            expected = _expected_share(frequent.occurrences, _inclusion(routing, i), routing.top_k, generator)
            for token in np.lexsort((-share, -low))[:most]:
                number, expert = int(frequent.token[pair[token]]), int(frequent.expert[pair[token]])
                rows.append(
                    {
                        "model": name,
                        "layer": layer,
                        "token": decode[name](number),
                        "token_id": number,
                        "occurrences": int(frequent.occurrences[token]),
                        "expert": expert,
                        "share": share[token],
                        "low": low[token],
                        "expected": expected[token],
                        "load": _inclusion(routing, i)[expert],
                        "tests": tests,
                    }
                )
    columns = ["model", "layer", "token", "token_id", "occurrences", "expert", "share", "low", "expected", "load"]
    return pd.DataFrame(rows, columns=[*columns, "tests"])


def _frequent(counts: TokenCounts, routing: Routing, least: int) -> _Frequent:
    numbers, row_token = np.unique(counts.token, return_inverse=True)
    seen = np.bincount(row_token, counts.count, minlength=len(numbers)) / routing.top_k
    kept = (seen >= least)[row_token]
    token, expert, fold, count = (getattr(counts, name)[kept] for name in ("token", "expert", "fold", "count"))
    is_new = np.diff(token * routing.experts + expert, prepend=-1) != 0
    pair_of_row = np.cumsum(is_new) - 1
    pair_token, pair_expert = token[is_new], expert[is_new]
    return _Frequent(
        token=pair_token,
        expert=pair_expert,
        count=np.bincount(pair_of_row, count, minlength=len(pair_token)),
        starts=np.flatnonzero(np.diff(pair_token, prepend=-1)),
        occurrences=seen[seen >= least],
        pair_of_row=pair_of_row,
        fold=fold,
        fold_count=count,
    )


def _inclusion(routing: Routing, layer: int) -> np.ndarray:
    return routing.loads[:, layer].sum(0) / routing.tokens.sum()


def _favourite_pairs(frequent: _Frequent, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Position of each token's pair with the largest count, and that count as a share of its occurrences."""
    if not len(frequent.starts):
        return np.zeros(0, dtype=int), np.zeros(0)
    lengths = np.diff(frequent.starts, append=len(counts))
    largest = np.maximum.reduceat(counts, frequent.starts)
    position = np.where(counts == np.repeat(largest, lengths), np.arange(len(counts)), len(counts))
    return np.minimum.reduceat(position, frequent.starts), largest / frequent.occurrences


def _favourites(frequent: _Frequent, routing: Routing, layer: int, generator: np.random.Generator) -> list[float]:
    """Mean share of the favourite, its null, number of tokens and of their occurrences."""
    occurrences = frequent.occurrences
    if not len(occurrences):
        return [np.nan, np.nan, 0, 0]
    _, share = _favourite_pairs(frequent, frequent.count)
    null = _expected_share(occurrences, _inclusion(routing, layer), routing.top_k, generator)
    means = [float(np.average(values, weights=occurrences)) for values in (share, null)]
    return [*means, len(occurrences), occurrences.sum()]


def _expected_share(
    occurrences: np.ndarray, inclusion: np.ndarray, top_k: int, generator: np.random.Generator
) -> np.ndarray:
    """Expected largest share over experts of so many independent choices, interpolated between numbers of a grid."""
    if not len(occurrences):
        return np.zeros(0)
    grid = np.unique(np.geomspace(occurrences.min(), occurrences.max(), GRID).round().astype(int))
    counts = sampled_counts(inclusion, top_k, np.tile(grid, (DRAWS, 1)), generator)
    return np.interp(np.log(occurrences), np.log(grid), counts.max(-1).mean(0) / grid)


def _held_out(frequent: _Frequent, routing: Routing, layer: int) -> np.ndarray:
    """For each fold [F, 3]: occurrences with the favourite of the other folds, expected ones by load, all of them."""
    folds = len(routing.pairs)
    sums = np.zeros((folds, 3))
    for fold in range(folds if len(frequent.starts) else 0):
        own = routing.fold == fold
        load = routing.loads[own, layer].sum(0) / routing.tokens[own].sum()
        inside = frequent.by_fold(fold)
        pair, share_outside = _favourite_pairs(frequent, frequent.count - inside)
        known = share_outside > 0
        occurrences = frequent.of_tokens(inside)[known] / routing.top_k
        pair = pair[known]
        sums[fold] = inside[pair].sum(), (occurrences * load[frequent.expert[pair]]).sum(), occurrences.sum()
    return sums


def _lower_bounds(frequent: _Frequent, routing: Routing, pair: np.ndarray, tests: int) -> np.ndarray:
    """Lower bounds [V] of the favourites' shares that hold for `tests` shares at once.

    A token that always goes to one expert has no design effect of its own: it has the mean of the others.
    """
    if not tests:
        return np.zeros(0)
    inside = [frequent.by_fold(fold) for fold in range(len(routing.pairs))]
    hits = np.stack([counts[pair] for counts in inside])
    occurrences = np.stack([frequent.of_tokens(counts) for counts in inside]) / routing.top_k
    effective, total = effective_tokens(hits, occurrences), occurrences.sum(0)
    known = np.isfinite(effective)
    effect = np.mean((total / effective)[known]) if known.any() else 1.0
    effective = np.where(known, effective, total / effect)
    return clustered_share_interval(hits, occurrences, 1 - 2 * (1 - LEVEL) / tests, effective)[0]


def _layer_rows(name: str, routing: Routing, measured: np.ndarray, held_out: np.ndarray) -> pd.DataFrame:
    """Rows of one model from `_favourites` [L, 4] and `_held_out` [F, L, 3]."""

    def estimates(totals: np.ndarray) -> np.ndarray:
        """Share, load and their difference [3, L + 1]."""
        with np.errstate(invalid="ignore", divide="ignore"):
            share, load = (totals[:, i] / totals[:, 2] for i in (0, 1))
        by_layer = np.stack([share, load, share - load])
        return np.concatenate([by_layer, by_layer.mean(1, keepdims=True)], axis=1)

    share, load, excess = estimates(held_out.sum(0))
    centre, low, high = jackknife(held_out, estimates)
    low, high = (centre + JUDGED_AND_JUDGING * (end - centre) for end in (low, high))
    value, null, types, occurrences = np.vstack([measured, measured.mean(0)]).T
    return pd.DataFrame(
        {
            "model": name,
            "layer": [*routing.layers, -1],
            "value": value,
            "null": null,
            "held_out": share,
            "low": np.clip(low[0], 0, 1),
            "high": np.clip(high[0], 0, 1),
            "load": load,
            "excess": excess,
            "excess_low": low[2],
            "excess_high": high[2],
            "types": types.astype(int),
            "occurrences": occurrences.round().astype(int),
            "passages": len(routing.pairs),
        }
    )
