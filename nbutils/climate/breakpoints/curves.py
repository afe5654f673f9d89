"""Adjusted values by temperature with the fitted curves, for figures."""

import numpy as np
import pandas as pd

from nbutils.climate.breakpoints.in_parallel import for_each_series
from nbutils.climate.breakpoints.minima import adjusted_values, lowess_curves
from nbutils.climate.breakpoints.normalised import normalised
from nbutils.climate.breakpoints.selection import folds_of
from nbutils.climate.breakpoints.spline import fit_spline, spline_curve

BIN_DEGREES = 0.5


def response_curves(
    days: pd.DataFrame, thresholds: pd.DataFrame, *, smoothing_days: int = 1, workers: int | None = None
) -> pd.DataFrame:
    """Mean adjusted values in half-degree bins, and the curves that were fitted, at the middle of each bin.

    Args:
        days: as for `thresholds`.
        thresholds: table that `thresholds` made of these days.
        smoothing_days: as it was for `thresholds`.
        workers: as for `thresholds`.

    Returns:
        One row per country, sector and bin with days: `country`, `sector`, `temperature_c` (middle of the bin, degrees
        C), `days` (how many), `adjusted` (mean in % of the yearly mean, without the effects of weekday, holiday, trend
        and year), and the curves `breakpoint`, `dead_band`, `lowess` and `gam` in the same unit; the first two are NaN
        where the table has no threshold.

    Raises:
        ValueError: as for `thresholds`, or a series has no thresholds.
    """
    found = dict(list(thresholds.groupby(["country", "sector"], observed=True)))

    def curves(rows: pd.DataFrame) -> pd.DataFrame:
        name = str(rows["country"].iloc[0]), str(rows["sector"].iloc[0])
        if name not in found:
            raise ValueError("the table of thresholds has no such series; make it from the same days.")
        return _curves_of(rows, found[name].set_index("definition"), smoothing_days)

    return for_each_series(days, curves, "curves", workers)


def _curves_of(rows: pd.DataFrame, found: pd.DataFrame, smoothing_days: int) -> pd.DataFrame:
    series = normalised(rows, smoothing_days=smoothing_days)
    temperature = series.temperature_c
    spline = fit_spline(temperature, series.percent, series.covariates, folds_of(series))
    adjusted = adjusted_values(series.percent, series.covariates, spline.effects)
    middle = (np.floor(temperature / BIN_DEGREES) + 0.5) * BIN_DEGREES
    bins = pd.Series(adjusted).groupby(middle).agg(["size", "mean"])
    grid = bins.index.to_numpy()

    def broken(low: str, high: str) -> np.ndarray:
        if not {low, high} <= set(found.index):
            return np.full(len(grid), np.nan)
        at, slopes = (found.loc[low, "tc"], found.loc[high, "tc"]), found.loc[low, ["slope_below", "slope_above"]]
        shape = _two_slopes(temperature, *at, *slopes)
        return _two_slopes(grid, *at, *slopes) + np.mean(adjusted - shape)

    inside = np.clip(grid, temperature.min(), temperature.max())
    return pd.DataFrame(
        {
            "temperature_c": grid,
            "days": bins["size"].to_numpy(),
            "adjusted": bins["mean"].to_numpy(),
            "breakpoint": broken("breakpoint", "breakpoint"),
            "dead_band": broken("dead_band_low", "dead_band_high"),
            "lowess": lowess_curves(temperature, adjusted[None], np.ones((1, len(adjusted))), grid)[0],
            "gam": spline_curve(spline, inside, spline.curve),
        }
    )


def _two_slopes(temperature: np.ndarray, low: float, high: float, below: float, above: float) -> np.ndarray:
    return below * np.minimum(temperature - low, 0) + above * np.maximum(temperature - high, 0)
