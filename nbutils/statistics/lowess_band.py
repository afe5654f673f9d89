"""How far a fitted curve may be off: the cluster bootstrap of whole curves."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from nbutils.statistics.bootstrap import percentile_interval
from nbutils.statistics.lowess import lowess_curve


def resampled_curves(
    groups: np.ndarray, curve: Callable[[np.ndarray], np.ndarray], resamples: int, seed: int
) -> np.ndarray:
    """The curve fitted to each bootstrap sample of whole groups.

    Args:
        groups: [n] which group (a prompt, a block of days) each row belongs to.
        curve: from the positions of a sample's rows, repeated as often as they were drawn, to values on a grid.
        resamples: number of bootstrap samples.
        seed: of the draws, which do not depend on the order of the rows.

    Returns:
        [resamples, ...] what `curve` returned.

    Raises:
        ValueError: fewer than two groups, from which no band can be had.
    """
    names, group_of_row = np.unique(groups, return_inverse=True)
    if len(names) < 2:
        raise ValueError(f"{len(names)} group is too few for a band: give rows of at least two.")
    generator = np.random.default_rng(seed)
    chances = np.full(len(names), 1 / len(names))
    rows = np.arange(len(group_of_row))
    return np.stack(
        [curve(np.repeat(rows, generator.multinomial(len(names), chances)[group_of_row])) for _ in range(resamples)]
    )


def lowess_band(
    x: np.ndarray,
    y: np.ndarray,
    groups: np.ndarray,
    grid: np.ndarray,
    *,
    frac: float = 0.5,
    iterations: int = 3,
    delta: float = 0.0,
    resamples: int = 200,
    seed: int = 0,
    level: float = 0.95,
) -> pd.DataFrame:
    """LOWESS on a grid with a pointwise percentile band.

    The band holds the curve that LOWESS would fit to endless data with the same `frac`; it knows nothing of what the
    smoothing itself takes off peaks.

    Args:
        x: [n] finite.
        y: [n] finite.
        groups: [n] unit of resampling of each point.
        grid: [m] where the curve is wanted; constant beyond the fitted points.
        frac: as `iterations` and `delta` in `lowess`.
        iterations: see `frac`.
        delta: see `frac`.
        resamples: number of bootstrap samples.
        seed: of the draws.
        level: share of samples within the band at each x.

    Returns:
        One row for each value of the grid: `x`, `fit`, `low`, `high`.

    Raises:
        ValueError: as `lowess`, and with fewer than two groups.
    """
    x, y, grid = (np.asarray(values, dtype=float) for values in (x, y, grid))

    def curve(rows: np.ndarray) -> np.ndarray:
        return np.interp(grid, *lowess_curve(x[rows], y[rows], frac=frac, iterations=iterations, delta=delta))

    fit = curve(np.arange(x.size))
    low, high = percentile_interval(resampled_curves(groups, curve, resamples, seed), level)
    return pd.DataFrame({"x": grid, "fit": fit, "low": low, "high": high})
