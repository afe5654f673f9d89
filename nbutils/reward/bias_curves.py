"""The estimated bias of each reward model as a curve with a band, for figures."""

import copy
from collections.abc import Sequence

import numpy as np
import pandas as pd

from nbutils.reward.calibrators.calibrator import Calibrator
from nbutils.reward.cross_fitting import pair_arrays
from nbutils.statistics import percentile_interval
from nbutils.statistics.lowess_band import resampled_curves


def bias_curves(
    pairs: pd.DataFrame,
    method: Calibrator,
    characteristics: Sequence[str],
    *,
    points: int = 60,
    resamples: int = 200,
    seed: int = 0,
) -> pd.DataFrame:
    """Bias against each characteristic, fitted to all pairs of a model, with a pointwise 95 % band.

    The band comes from fitting the method again to prompts drawn with replacement. It holds the curve that the method
    would fit to endless pairs; it knows nothing of what smoothing itself takes off peaks.

    Args:
        pairs: as for `cross_fitted_margins`.
        method: a calibrator, left as it is.
        characteristics: what it sees, in this order; several are removed jointly.
        points: about how many values of a characteristic the curve is told at: half of them evenly spaced, half at
            quantiles of the responses.
        resamples: bootstrap samples over prompts.
        seed: of the bootstrap.

    Returns:
        One row for each model, characteristic and value: `model`, `characteristic`, `value` (its unit), `bias`, `low`
        and `high` (score units; missing where a window holds too few responses) and `count` (responses closer to this
        value than to any other).

    Raises:
        RewardDataError: a column is missing or a number is not finite.
        ValueError: a model has fewer than 20 pairs or 2 prompts, or the method cannot be fitted.
    """
    values, scores = pair_arrays(pairs, characteristics)
    prompts = pairs["prompt_id"].to_numpy()
    tables = []
    for model, rows in pairs.groupby("model", sort=False, observed=True).indices.items():
        seen, given = values[rows], scores[rows]
        grids = [_grid(seen[:, :, i].ravel(), points) for i in range(len(characteristics))]

        def curve(drawn: np.ndarray, seen=seen, given=given, grids=grids) -> np.ndarray:
            return _on_grids(copy.copy(method).fit(seen[drawn], given[drawn]), grids)

        samples = resampled_curves(prompts[rows], curve, resamples, seed)
        low, high = percentile_interval(samples)
        table = pd.DataFrame(
            {
                "model": model,
                "characteristic": np.repeat(list(characteristics), [len(grid) for grid in grids]),
                "value": np.concatenate(grids),
                "bias": curve(np.arange(len(rows))),
                "low": low,
                "high": high,
                "count": np.concatenate([_closest(grid, seen[:, :, i]) for i, grid in enumerate(grids)]),
            }
        )
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def _grid(values: np.ndarray, points: int) -> np.ndarray:
    """Values from the least to the largest, dense where responses are and nowhere far apart."""
    evenly = np.linspace(values.min(), values.max(), points // 2)
    return np.unique(np.concatenate([evenly, np.quantile(values, np.linspace(0, 1, points // 2))]))


def _on_grids(fitted: Calibrator, grids: list[np.ndarray]) -> np.ndarray:
    """The fitted curve of each characteristic on its grid, one after another."""
    curves = dict(list(fitted.curve().groupby("characteristic")))
    return np.concatenate(
        [np.interp(grid, curves[i]["value"], curves[i]["bias"]) for i, grid in enumerate(grids)],
    )


def _closest(grid: np.ndarray, values: np.ndarray) -> np.ndarray:
    """How many values are closer to each grid point than to any other."""
    between = (grid[1:] + grid[:-1]) / 2
    return np.bincount(np.searchsorted(between, values.ravel()), minlength=len(grid))
