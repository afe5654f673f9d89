"""Additive model: a penalised cubic spline of temperature beside linear covariates, the penalty by blocked CV."""

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import BSpline

from nbutils.climate.breakpoints.moments import solved, squared_error, weighted_moments

SEGMENTS = 20
PENALTIES = np.logspace(-1, 7, 17)


@dataclass(frozen=True)
class SplineFit:
    """A fitted additive model.

    Attributes:
        knots: of the cubic B-splines, degrees C.
        curve: [k] coefficients of the B-splines: the temperature curve at average covariates.
        effects: [q] coefficients of the centred covariates.
        fold_errors: [penalties, folds] sum of squares on each fold left out, for each of `PENALTIES`.
        rss: residual sum of squares.
        degrees: effective degrees of freedom, covariates included.
        cv_error: root mean square error on folds left out, in the unit of the values.
    """

    knots: np.ndarray
    curve: np.ndarray
    effects: np.ndarray
    fold_errors: np.ndarray
    rss: float
    degrees: float
    cv_error: float

    @property
    def penalty(self) -> float:
        """Weight of the squared second differences of `curve`: the one with the least error on folds left out."""
        return float(PENALTIES[self.fold_errors.sum(1).argmin()])


def fit_spline(temperature: np.ndarray, value: np.ndarray, covariates: np.ndarray, folds: np.ndarray) -> SplineFit:
    """P-spline of temperature plus linear effects in one least-squares fit (Eilers and Marx 1996).

    The penalty is chosen by leaving folds out. Generalised cross-validation would take the autocorrelation of daily
    residuals for signal and smooth too little.

    Args:
        temperature: [n] degrees C, not constant.
        value: [n].
        covariates: [n, q] without a constant; they are centred here.
        folds: [n] number of the fold of each day, from contiguous blocks (`blocked_folds`).
    """
    knots = _knots(temperature)
    columns = _columns(temperature, value, covariates, knots)
    held_out = weighted_moments(columns, folds == np.unique(folds)[:, None])
    total = held_out.sum(0)
    roughness = _roughness(len(knots) - 4, covariates.shape[1])

    errors = np.array([squared_error(held_out, solved(total - held_out, one * roughness)) for one in PENALTIES])
    penalty = PENALTIES[errors.sum(1).argmin()] * roughness
    coefficients = solved(total, penalty)
    gram = total[:-1, :-1]
    return SplineFit(
        knots=knots,
        curve=coefficients[: len(knots) - 4],
        effects=coefficients[len(knots) - 4 :],
        fold_errors=errors,
        rss=float(squared_error(total, coefficients)),
        degrees=float(np.trace(np.linalg.lstsq(gram + penalty, gram)[0])),
        cv_error=float(np.sqrt(errors.sum(1).min() / len(value))),
    )


def refit_spline(
    fit: SplineFit,
    temperature: np.ndarray,
    value: np.ndarray,
    covariates: np.ndarray,
    counts: np.ndarray,
    generator: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """The same model on resampled days.

    Each resample has the penalty that is best on folds drawn with replacement: with one penalty for all, intervals
    would leave out what the choice of it adds (they covered 82 to 93 % in simulations, with this 92 to 95 %).

    Args:
        fit: of the days as they are.
        temperature: [n] as for `fit_spline`.
        value: [n].
        covariates: [n, q].
        counts: [R, n] how often each day is in each resample.
        generator: of the folds.

    Returns:
        Coefficients of the curve [R, k] and of the covariates [R, q].
    """
    folds = fit.fold_errors.shape[1]
    drawn = generator.multinomial(folds, np.full(folds, 1 / folds), len(counts))
    penalties = PENALTIES[(drawn @ fit.fold_errors.T).argmin(1)]
    columns = _columns(temperature, value, covariates, fit.knots)
    roughness = _roughness(len(fit.curve), covariates.shape[1])
    coefficients = solved(weighted_moments(columns, counts), penalties[:, None, None] * roughness)
    return coefficients[:, : len(fit.curve)], coefficients[:, len(fit.curve) :]


def spline_curve(fit: SplineFit, temperature: np.ndarray, curves: np.ndarray) -> np.ndarray:
    """Values [..., g] at `temperature` [g] of the curves with coefficients [..., k]."""
    return curves @ _basis(temperature, fit.knots).T


def blocked_folds(days: int, block: int, folds: int = 10) -> np.ndarray:
    """Number of the fold of each of `days` days: blocks of `block` days in a row go to the folds in turn.

    Every fold has days of every season and year, so that no year effect is asked of years not seen, and days beside
    each other are left out together. Short series have as many folds as blocks.
    """
    block = min(block, max(1, days // 2))
    return (np.arange(days) // block) % min(folds, -(-days // block))


def _knots(temperature: np.ndarray) -> np.ndarray:
    """Knots at whole or half degrees: counted from the extremes of a series they would move the minimum with them."""
    step = max(np.ceil(2 * np.ptp(temperature) / SEGMENTS) / 2, 0.5)
    first, last = np.floor(temperature.min() / step), np.ceil(temperature.max() / step)
    return step * np.arange(first - 3, max(last, first + 1) + 4)


def _columns(temperature: np.ndarray, value: np.ndarray, covariates: np.ndarray, knots: np.ndarray) -> np.ndarray:
    return np.column_stack([_basis(temperature, knots), covariates - covariates.mean(0), value])


def _basis(temperature: np.ndarray, knots: np.ndarray) -> np.ndarray:
    return BSpline.design_matrix(temperature, knots, 3).toarray()


def _roughness(splines: int, covariates: int) -> np.ndarray:
    """[k + q, k + q] squared second differences of the curve's coefficients, nothing on the covariates'."""
    differences = np.diff(np.eye(splines), 2, axis=0)
    roughness = np.zeros((splines + covariates,) * 2)
    roughness[:splines, :splines] = differences.T @ differences
    return roughness
