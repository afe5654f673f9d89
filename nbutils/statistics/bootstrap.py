"""Cluster bootstrap of anything that is computed from sums over clusters."""

import numpy as np


def resampled_sums(sums: np.ndarray, resamples: int, seed: int) -> np.ndarray:
    """Totals over clusters drawn with replacement.

    A statistic that is a function of totals (a ratio, a correlation) is bootstrapped by applying it to each row of the
    result; the same seed draws the same clusters, so that differences can be taken row by row.

    Args:
        sums: [clusters, ...] what each cluster (a passage, a block of days) adds to the total.
        resamples: number of bootstrap samples.
        seed: of the draw.

    Returns:
        [resamples, ...] totals of each sample.

    Raises:
        ValueError: fewer than two clusters, from which no interval can be had.
    """
    clusters = len(sums)
    if clusters < 2:
        raise ValueError(f"{clusters} cluster is too few for an interval: give at least two.")
    counts = np.random.default_rng(seed).multinomial(clusters, np.full(clusters, 1 / clusters), size=resamples)
    return np.tensordot(counts.astype(float), sums, axes=1)


def percentile_interval(samples: np.ndarray, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper percentile bounds over the first axis (Efron and Tibshirani 1993, section 13.3)."""
    tail = (1 - level) / 2
    low, high = np.quantile(samples, [tail, 1 - tail], axis=0)
    return low, high
