"""Intervals for what a bootstrap of few clusters does badly: rare shares, and statistics that noise pushes one way."""

from collections.abc import Callable

import numpy as np
from scipy.stats import beta, t


def jackknife(
    sums: np.ndarray,
    statistic: Callable[[np.ndarray], np.ndarray],
    strata: np.ndarray | None = None,
    level: float = 0.95,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Estimate and interval of a smooth statistic of sums over clusters, from leaving out one cluster at a time.

    The estimate is the plug-in one less the bias that follows from the number of clusters (Quenouille), which
    entropies, mutual information and other squares of noise need; the width of the interval is Student's (Tukey).

    Args:
        sums: [C, ...] what each cluster adds.
        statistic: from totals [...], or with `strata` from totals [S, ...] of each stratum, to values.
        strata: [C] number of each cluster's stratum, 0 to S - 1; None for one stratum whose total has no axis.
        level: share of samples whose interval covers the value.

    Returns:
        Estimate, lower and upper end, each of the shape that `statistic` gives; NaN when a stratum has one cluster.

    Raises:
        ValueError: fewer than two clusters.
    """
    if len(sums) < 2:
        raise ValueError(f"{len(sums)} cluster is too few for an interval: give at least two passages.")
    number = np.zeros(len(sums), dtype=int) if strata is None else strata
    sizes = np.bincount(number)
    totals = np.stack([sums[number == stratum].sum(0) for stratum in range(len(sizes))])

    def without(cluster: int) -> np.ndarray:
        left = totals.copy()
        left[number[cluster]] -= sums[cluster]
        return statistic(left[0] if strata is None else left)

    value = statistic(totals[0] if strata is None else totals)
    if sizes.min() < 2:
        return (np.full_like(value, np.nan),) * 3
    left_out = np.stack([without(cluster) for cluster in range(len(sums))])
    bias, variance = np.zeros_like(value), np.zeros_like(value)
    for stratum, size in enumerate(sizes):
        values = left_out[number == stratum]
        bias = bias + (size - 1) * (values.mean(0) - value)
        variance = variance + (size - 1) * values.var(0)
    reach = t.ppf((1 + level) / 2, len(sums) - len(sizes)) * np.sqrt(variance)
    return value - bias, value - bias - reach, value - bias + reach


def effective_tokens(hits: np.ndarray, tokens: np.ndarray) -> np.ndarray:
    """How many independent tokens would tell a share as well as these passages do: their number over the design effect.

    Args:
        hits: [G, ...] tokens of each passage that count.
        tokens: [G, ...] tokens of each passage, broadcast against `hits`.

    Returns:
        [...], NaN where all passages have one share (no token hits, or every one) or there are fewer than two.
    """
    hits, tokens = np.broadcast_arrays(np.asarray(hits, dtype=float), np.asarray(tokens, dtype=float))
    total, clusters = tokens.sum(0), (tokens > 0).sum(0)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = hits.sum(0) / total
        variance = clusters / (clusters - 1) * ((hits - share * tokens) ** 2).sum(0) / total**2
        # Rounding leaves a variance where every passage has the same share.
        return np.where((variance > 1e-15) & (clusters > 1), share * (1 - share) / variance, np.nan)


def clustered_share_interval(
    hits: np.ndarray, tokens: np.ndarray, level: float = 0.95, effective: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Interval of a share of tokens in passages, also where it is near 0 or 1 (Korn and Graubard 1998).

    Clopper and Pearson's interval for the effective number of tokens, fewer where that is known from few passages.

    Args:
        hits: [G, ...] tokens of each passage that count.
        tokens: [G, ...] tokens of each passage, broadcast against `hits`.
        level: share of samples whose interval covers the share.
        effective: [...] independent tokens that the passages are worth; by default `effective_tokens`, and where those
            are unknown one for each passage.

    Returns:
        Lower and upper end [...]; 0 and 1 for fewer than two passages with tokens.
    """
    hits, tokens = np.broadcast_arrays(np.asarray(hits, dtype=float), np.asarray(tokens, dtype=float))
    total, clusters = tokens.sum(0), (tokens > 0).sum(0)
    if effective is None:
        effective = effective_tokens(hits, tokens)
        effective = np.where(np.isnan(effective), clusters, effective)
    tail = (1 - level) / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        student = t.ppf(tail, np.maximum(total - 1, 1)) / t.ppf(tail, np.maximum(clusters - 1, 1))
        effective = np.minimum(effective * student**2, total)
        found = hits.sum(0) / total * effective
        low = np.where(found > 0, beta.ppf(tail, found, effective - found + 1), 0.0)
        high = np.where(found < effective, beta.ppf(1 - tail, found + 1, effective - found), 1.0)
    known = clusters >= 2
    return np.where(known, low, 0.0), np.where(known, high, 1.0)
