"""Routing made from choices that are given token by token, by counting in the plainest way."""

import numpy as np

from nbutils.moe.routing.forward import FOLDS
from nbutils.moe.routing.record import MEANS, Routing
from nbutils.moe.routing.saturation import Choices
from nbutils.moe.routing.token_counts import TokenCounts


def made_routing(chosen, passage, domain, ids=None, experts=None, scores=None, seed=0):
    """Routing of tokens [T] whose chosen experts are given, the top-1 first, each passage a group of its own.

    Args:
        chosen: [T, L, k].
        passage: [T] numbers below 100, all of one domain each.
        domain: [T] names.
        ids: [T] vocabulary numbers; all 0 by default.
        scores: name of a mean to [T, L]; the others are 0.
    """
    chosen, passage, domain = np.asarray(chosen), np.asarray(passage), np.asarray(domain)
    tokens, layers, k = chosen.shape
    experts = experts or int(chosen.max()) + 1
    ids = np.zeros(tokens, int) if ids is None else np.asarray(ids)
    domains = list(dict.fromkeys(domain.tolist()))
    passages, first, group = np.unique(passage, return_index=True, return_inverse=True)
    folds, fold = np.unique(passages % FOLDS, return_inverse=True)
    picked = np.zeros((tokens, layers, experts), dtype=int)
    np.put_along_axis(picked, chosen, 1, axis=2)
    loads = np.zeros((len(passages), layers, experts), dtype=int)
    np.add.at(loads, group, picked)
    pairs = np.zeros((len(folds), layers, experts, experts), dtype=int)
    for f in range(len(folds)):
        rows = picked[fold[group] == f]
        pairs[f] = np.einsum("tli,tlj->lij", rows, rows)
    other = np.random.default_rng(seed).integers(tokens, size=tokens)
    apart = passage[other] != passage
    tables = np.zeros((2, len(folds), layers - 1, experts, experts), dtype=int)
    for layer in range(layers - 1):
        row, column = chosen[:, layer, 0], chosen[:, layer + 1, 0]
        np.add.at(tables[0, :, layer], (fold[group], row, column), 1)
        np.add.at(tables[1, :, layer], (fold[group][apart], row[apart], column[other][apart]), 1)
    sums = {name: np.zeros((len(passages), layers)) for name in MEANS}
    for name, values in (scores or {}).items():
        np.add.at(sums[name], group, values)
    return Routing(
        model="m",
        layers=list(range(layers)),
        top_k=k,
        domains=domains,
        domain=np.array([domains.index(name) for name in domain[first]]),
        fold=fold,
        tokens=np.bincount(group),
        loads=loads,
        sums=sums,
        pairs=pairs,
        consecutive=tables[0],
        consecutive_shuffled=tables[1],
        vocabulary=[token_counts(chosen[:, layer], ids, fold[group]) for layer in range(layers)],
    )


def token_counts(chosen, ids, fold):
    """Counts of choices [T, k] by token, expert and fold."""
    triples = np.stack([np.broadcast_to(part[:, None], chosen.shape) for part in (ids, fold)] + [chosen], axis=-1)
    rows, count = np.unique(triples.reshape(-1, 3)[:, [0, 2, 1]], axis=0, return_counts=True)
    return TokenCounts(rows[:, 0], rows[:, 1], rows[:, 2], count)


def made_choices(chosen, passage, ids=None, experts=None, model="m"):
    """Choices [T, L, k] with their tokens."""
    chosen = np.asarray(chosen, dtype=np.int16)
    ids = np.arange(len(chosen)) if ids is None else ids
    experts = experts or int(chosen.max()) + 1
    return Choices(model, list(range(chosen.shape[1])), experts, np.asarray(ids), np.asarray(passage), chosen)


def drawn_top_k(logits, k, generator):
    """The k largest of logits [..., E] with Gumbel noise, the largest first."""
    noisy = logits + generator.gumbel(size=logits.shape)
    return np.argsort(-noisy, axis=-1)[..., :k]


def passages_of(number, generator, shortest=30, longest=200):
    """Passage [T] of each token, for passages of different lengths."""
    return np.repeat(np.arange(number), generator.integers(shortest, longest, number))
