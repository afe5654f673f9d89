from dataclasses import replace

import numpy as np
import pytest
from scipy.interpolate import BSpline

from nbutils.climate.breakpoints.blocks import block_counts
from nbutils.climate.breakpoints.normalised import normalised
from nbutils.climate.breakpoints.spline import PENALTIES, blocked_folds, fit_spline, refit_spline, spline_curve
from tests.climate.breakpoints.made_days import made_days


@pytest.fixture(scope="module")
def series():
    return normalised(made_days(days=730))


@pytest.fixture(scope="module")
def fit(series):
    return fit_spline(series.temperature_c, series.percent, series.covariates, blocked_folds(730, 28))


def by_augmented_rows(series, fit, days, penalty):
    """Coefficients by least squares with a row for each second difference, splines from their recursion."""
    splines = [BSpline.basis_element(fit.knots[i : i + 5], extrapolate=False) for i in range(len(fit.curve))]
    basis = np.column_stack([np.nan_to_num(one(series.temperature_c)) for one in splines])
    covariates = series.covariates - series.covariates.mean(0)
    differences = np.sqrt(penalty) * np.diff(np.eye(len(fit.curve)), 2, axis=0)
    rows = np.vstack([np.hstack([basis, covariates])[days], np.pad(differences, [(0, 0), (0, covariates.shape[1])])])
    coefficients = np.linalg.lstsq(rows, np.r_[series.percent[days], np.zeros(len(differences))])[0]
    return coefficients, np.hstack([basis, covariates]) @ coefficients


def test_fit_is_the_penalised_least_squares(series, fit):
    expected, fitted = by_augmented_rows(series, fit, np.arange(730), fit.penalty)

    np.testing.assert_allclose(np.r_[fit.curve, fit.effects], expected, rtol=1e-5, atol=1e-5)
    assert fit.rss == pytest.approx(((series.percent - fitted) ** 2).sum())


def test_penalty_has_the_least_error_on_blocks_left_out(series, fit):
    folds = blocked_folds(730, 28)

    def error(penalty):
        left_out = [(by_augmented_rows(series, fit, folds != fold, penalty)[1], folds == fold) for fold in range(10)]
        return sum(((series.percent - fitted)[out] ** 2).sum() for fitted, out in left_out)

    errors = [error(penalty) for penalty in PENALTIES]

    assert fit.penalty == PENALTIES[np.argmin(errors)]
    assert fit.cv_error == pytest.approx(np.sqrt(min(errors) / 730), rel=1e-6)


def test_a_straight_response_gets_a_stiff_spline():
    line = normalised(made_days(above=-2.0))

    fit = fit_spline(line.temperature_c, line.percent, line.covariates, blocked_folds(1461, 28))

    assert fit.degrees < 2 + line.covariates.shape[1] + 1.5
    np.testing.assert_allclose(np.diff(spline_curve(fit, np.arange(2.0, 23), fit.curve)), -2, atol=0.4)


def test_resamples_are_fits_to_repeated_days(series, fit):
    counts = block_counts(730, 28, 2, seed=0)
    # Folds that are all alike leave nothing to draw.
    alike = replace(fit, fold_errors=np.repeat(fit.fold_errors[:, :1], 10, axis=1))

    curves, effects = refit_spline(
        alike, series.temperature_c, series.percent, series.covariates, counts, np.random.default_rng(0)
    )

    for row, repeats in enumerate(counts):
        expected, _ = by_augmented_rows(series, fit, np.repeat(np.arange(730), repeats), alike.penalty)
        np.testing.assert_allclose(np.r_[curves[row], effects[row]], expected, rtol=1e-3, atol=1e-2)


def test_the_choice_of_the_penalty_adds_to_the_spread(series, fit):
    counts = block_counts(730, 28, 100, seed=0)
    torn = np.full_like(fit.fold_errors, 1e9)
    torn[4, :5], torn[4, 5:], torn[14, :5], torn[14, 5:] = 1, 3, 3, 1

    def spread(errors):
        given = series.temperature_c, series.percent, series.covariates, counts, np.random.default_rng(0)
        curves, _ = refit_spline(replace(fit, fold_errors=errors), *given)
        return spline_curve(fit, np.array([15.0]), curves).std()

    assert spread(torn) > 2 * spread(torn[:, :1])


def test_folds_are_blocks_in_turn():
    folds = blocked_folds(1000, 28)

    assert (folds[:28] == 0).all()
    assert (folds[28:56] == 1).all()
    assert set(folds) == set(range(10))
    assert set(blocked_folds(60, 28)) == {0, 1, 2}
    assert set(blocked_folds(20, 28)) == {0, 1}
