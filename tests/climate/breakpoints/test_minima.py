import numpy as np
import pytest
from statsmodels.nonparametric.smoothers_lowess import lowess

from nbutils.climate.breakpoints.blocks import block_counts
from nbutils.climate.breakpoints.minima import (
    adjusted_values,
    binned_median_minimum,
    gam_minimum,
    inner_grid,
    lowess_minimum,
)
from nbutils.climate.breakpoints.normalised import normalised
from nbutils.climate.breakpoints.spline import blocked_folds, fit_spline, refit_spline
from tests.climate.breakpoints.made_days import made_days


def minima(days, resamples=20):
    """The three minima of a series, and its adjusted values."""
    series = normalised(days)
    temperature, n = series.temperature_c, len(series.date)
    counts = block_counts(n, 28, resamples, seed=0)
    fit = fit_spline(temperature, series.percent, series.covariates, blocked_folds(n, 28))
    curves, effects = refit_spline(
        fit, temperature, series.percent, series.covariates, counts, np.random.default_rng(0)
    )
    adjusted = adjusted_values(series.percent, series.covariates, fit.effects)
    resampled = adjusted_values(series.percent, series.covariates, effects)
    found = {
        "gam": gam_minimum(temperature, fit, curves),
        "lowess": lowess_minimum(temperature, adjusted, resampled, counts),
        "binned": binned_median_minimum(temperature, adjusted, resampled, counts),
    }
    return found, series, adjusted


def test_a_symmetric_v_has_its_minimum_at_the_kink():
    found, *_ = minima(made_days(below=-2.5, above=2.5, tc=13.0, sd=1.0))

    for one in found.values():
        assert one.tc == pytest.approx(13, abs=0.5)
        assert one.turns == 1
        assert np.quantile(one.resampled, 0.1) < one.tc + 0.2
        assert np.abs(one.resampled - 13).max() < 1.5


def test_smooth_minima_lie_on_the_gentler_side_of_the_kink():
    found, *_ = minima(made_days(below=-1.0, above=5.0, tc=15.0, sd=1.0))

    assert found["lowess"].tc < 14.5


@pytest.mark.parametrize(("below", "above"), [(-2.0, -2.0), (2.0, 2.0), (-5.0, -1.0)])
def test_a_monotone_curve_has_no_minimum(below, above):
    found, *_ = minima(made_days(below=below, above=above, sd=1.0))

    for one in found.values():
        assert np.isnan(one.tc)
        assert np.isnan(one.turns)
        assert np.ptp(np.quantile(one.resampled, [0.1, 0.9])) < 1e-9


def test_a_curve_that_is_flat_on_one_side_does_not_surely_turn():
    """Whether it seems to rise there is a matter of noise."""
    found = [minima(made_days(seed, below=-5.0, above=0.0, tc=16.0), resamples=60)[0]["lowess"] for seed in range(8)]

    assert np.mean([not one.turns >= 0.95 for one in found]) > 0.7


def test_adjusted_values_are_free_of_weekdays_and_holidays():
    _, series, adjusted = minima(made_days(sd=0.5))
    off = adjusted - np.where(series.temperature_c < 15, -2.0, 2.5) * (series.temperature_c - 15)
    sundays = series.date.astype("datetime64[D]").view("int64") % 7 == 3

    assert off[sundays].mean() == pytest.approx(off[~sundays].mean(), abs=0.3)
    assert adjusted.mean() == pytest.approx(series.percent.mean())


def test_lowess_minimum_is_that_of_statsmodels_curve():
    found, series, adjusted = minima(made_days(3), resamples=2)
    curve = lowess(adjusted, series.temperature_c, frac=0.5, it=0)
    step = np.diff(inner_grid(series.temperature_c))[0]

    assert found["lowess"].tc == pytest.approx(curve[curve[:, 1].argmin(), 0], abs=step)


def test_binned_median_is_the_lowest_of_running_means_of_medians():
    temperature = np.repeat(np.arange(6) + 0.5, 21)
    medians = np.array([9.0, 6, 2, 2, 5, 9])
    values = np.repeat(medians, 21) + np.tile(np.r_[-1:-0.01:10j, 0, 5:50:10j], 6)
    counts = np.ones((1, 126), dtype=int)

    found = binned_median_minimum(temperature, values, values[None], counts)

    # Means of three: 7.5, 5.67, 3.33, 3, 5.33, 7; a parabola through 3.33, 3, 5.33 is lowest 3/8 left of the middle.
    assert found.tc == pytest.approx(3.5 - 0.375)
    assert found.resampled == pytest.approx([3.125])


def test_bins_with_few_days_are_not_looked_at():
    temperature = np.r_[np.repeat(np.arange(6) + 0.5, 21), 8.5]
    values = np.r_[np.repeat([9.0, 6, 2, 2, 5, 9], 21), -50]
    counts = np.ones((1, 127), dtype=int)

    assert binned_median_minimum(temperature, values, values[None], counts).tc == pytest.approx(3.125)
    assert np.isnan(binned_median_minimum(temperature, values, values[None], counts, least_days=22).tc)


def test_a_bin_may_be_missing_from_a_resample():
    temperature = np.repeat(np.arange(6) + 0.5, 21)
    values = np.repeat([9.0, 6, 2, 2, 5, 9], 21)
    counts = np.ones((1, 126), dtype=int)
    counts[0, 42:63] = 0

    found = binned_median_minimum(temperature, values, values[None], counts)

    assert found.resampled == pytest.approx([3.5 - 0.5 * (3.5 - 16 / 3) / (3.5 - 2 * 3.5 + 16 / 3)], abs=1.0)
