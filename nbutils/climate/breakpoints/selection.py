"""Which shape the response to temperature has: a line, two segments, a dead band or a spline."""

import numpy as np
import pandas as pd

from nbutils.climate.breakpoints.dead_band import dead_band_replicates
from nbutils.climate.breakpoints.in_parallel import for_each_series
from nbutils.climate.breakpoints.minima import adjusted_values
from nbutils.climate.breakpoints.moments import solved, squared_error
from nbutils.climate.breakpoints.normalised import Normalised, normalised
from nbutils.climate.breakpoints.sorted_days import SortedDays, sort_days
from nbutils.climate.breakpoints.spline import SplineFit, blocked_folds, fit_spline, spline_curve
from nbutils.climate.breakpoints.two_segments import two_segment_replicates

BLOCK_DAYS = 28
# Parameters of the temperature curve, thresholds included, beside the constant and the covariates.
CURVE_PARAMETERS = {"line": 1, "two_segments": 3, "dead_band": 4}


def model_choice(days: pd.DataFrame, *, smoothing_days: int = 1, workers: int | None = None) -> pd.DataFrame:
    """Compares the shapes for each country and sector.

    Args:
        days: as for `thresholds`.
        smoothing_days: as for `thresholds`.
        workers: as for `thresholds`.

    Returns:
        One row per country, sector and shape: `country`, `sector` and the columns of `compare_shapes`.

    Raises:
        ValueError: as for `thresholds`.
    """

    def compare(rows: pd.DataFrame) -> pd.DataFrame:
        series = normalised(rows, smoothing_days=smoothing_days)
        folds = folds_of(series)
        return compare_shapes(series, fit_spline(series.temperature_c, series.percent, series.covariates, folds), folds)

    return for_each_series(days, compare, "model choice", workers)


def compare_shapes(series: Normalised, spline: SplineFit, folds: np.ndarray) -> pd.DataFrame:
    """Fits each shape with the same covariates and compares them by BIC and by blocked cross-validation.

    Autocorrelated days tell less than as many independent ones, so the BIC counts n (1 - rho) / (1 + rho) days, rho the
    lag-one autocorrelation of the spline's residuals. The spline has as many parameters as degrees of freedom.

    Args:
        series: as of `normalised`.
        spline: as of `fit_spline`, for the same folds.
        folds: [n] as of `folds_of`.

    Returns:
        One row per shape: `model` ("line", "two_segments", "dead_band", "spline"), `bic`, `cv_error` (root mean square
        error on blocks left out, % of the yearly mean), `chosen` (the least BIC), `chosen_by_cv` (the least error).
    """
    days = sort_days(series.temperature_c, series.covariates)
    effective = effective_days(residuals(series, spline))
    # The days as they are, then each fold left out.
    weights = np.vstack([np.ones(len(folds)), folds != np.unique(folds)[:, None]])
    rows = []
    for model, own in CURVE_PARAMETERS.items():
        low, high = _thresholds(model, days, series.percent, weights)
        rss, held_out = _errors(series, low, high, weights)
        parameters = own + 1 + series.covariates.shape[1]
        rows.append((model, _bic(rss, len(folds), effective, parameters), np.sqrt(held_out / len(folds))))
    rows.append(("spline", _bic(spline.rss, len(folds), effective, spline.degrees), spline.cv_error))
    table = pd.DataFrame(rows, columns=["model", "bic", "cv_error"])
    return table.assign(
        chosen=table["bic"] == table["bic"].min(), chosen_by_cv=table["cv_error"] == table["cv_error"].min()
    )


def folds_of(series: Normalised) -> np.ndarray:
    """Number of the fold of each day [n], in blocks of four weeks."""
    return blocked_folds(len(series.date), BLOCK_DAYS)


def residuals(series: Normalised, spline: SplineFit) -> np.ndarray:
    """Residuals [n] of the spline and the covariates, in the order of time."""
    curve = spline_curve(spline, series.temperature_c, spline.curve)
    return adjusted_values(series.percent, series.covariates, spline.effects) - curve


def effective_days(off: np.ndarray) -> float:
    """How many independent days would tell as much about a mean as those with residuals `off` [n]."""
    rho = np.clip(off[1:] @ off[:-1] / (off @ off), 0, 0.99)
    return float(len(off) * (1 - rho) / (1 + rho))


def _thresholds(
    model: str, days: SortedDays, percent: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper threshold [f] under each weighting; both at the coldest day for a line."""
    if model == "line":
        coldest = np.full(len(weights), days.centre + days.temperature[0])
        return coldest, coldest
    if model == "two_segments":
        fits = two_segment_replicates(days, percent, weights)[:, 0]
        return fits[:, 0], fits[:, 0]
    fits = dead_band_replicates(days, percent, weights)[:, 0]
    return fits[:, 0], fits[:, 1]


def _errors(series: Normalised, low: np.ndarray, high: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """Residual sum of squares of the fit to all days, and the sum over folds of that on the days left out."""
    centred = series.covariates - series.covariates.mean(0)
    held_out = 0.0
    for fold, (lower, upper) in enumerate(zip(low, high, strict=True)):
        below = np.minimum(series.temperature_c - lower, 0)
        above = np.maximum(series.temperature_c - upper, 0)
        columns = np.column_stack([np.ones(len(below)), below, above, centred, series.percent])
        total, kept = columns.T @ columns, (columns * weights[fold, :, None]).T @ columns
        coefficients = solved(kept, np.zeros((len(kept) - 1,) * 2))
        if fold == 0:
            rss = float(squared_error(total, coefficients))
        else:
            held_out += float(squared_error(total - kept, coefficients))
    return rss, held_out


def _bic(rss: float, days: int, effective: float, parameters: float) -> float:
    return effective * np.log(rss / days) + parameters * np.log(effective)
