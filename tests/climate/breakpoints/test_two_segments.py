from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from nbutils.climate.breakpoints.sorted_days import sort_days
from nbutils.climate.breakpoints.two_segments import fit_two_segments, two_segment_replicates


def rss_at(knot, temperature, value, covariates, weights):
    """Plain weighted least squares with the breakpoint given."""
    off = temperature - knot
    design = np.column_stack([np.ones(len(value)), np.minimum(off, 0), np.maximum(off, 0), covariates])
    root = np.sqrt(weights)
    coefficients = np.linalg.lstsq(design * root[:, None], value * root)[0]
    return weights @ (value - design @ coefficients) ** 2


def least_rss(temperature, value, covariates, weights, fewest):
    """Every day as the breakpoint, and a search within every gap."""
    days = temperature, value, covariates, weights
    distinct = np.unique(temperature[weights > 0])
    allowed = [
        knot
        for knot in distinct
        if weights[temperature <= knot].sum() >= fewest and weights[temperature >= knot].sum() >= fewest
    ]
    least = min(rss_at(knot, *days) for knot in allowed)
    for low, high in pairwise(distinct):
        if weights[temperature <= low].sum() >= fewest and weights[temperature >= high].sum() >= fewest:
            found = minimize_scalar(rss_at, bounds=(low, high), args=days, method="bounded", options={"xatol": 1e-9})
            least = min(least, found.fun)
    return least


def made_days(generator, n, q, *, degrees=None, counts=False):
    temperature = generator.normal(15, 8, n)
    if degrees:
        temperature = np.round(temperature / degrees) * degrees
    covariates = generator.normal(size=(n, q))
    bend = generator.normal() * np.maximum(temperature - generator.normal(14, 4), 0)
    value = 1000 + 0.5 * temperature + bend + covariates.sum(1) + generator.normal(0, 3, n)
    weights = generator.integers(0, 4, n).astype(float) if counts else np.ones(n)
    return temperature, value, covariates, weights


@pytest.mark.parametrize("q", [0, 3])
@pytest.mark.parametrize("degrees", [None, 2])
@pytest.mark.parametrize("counts", [False, True])
def test_finds_the_least_rss_of_all_breakpoints(q, degrees, counts):
    for seed in range(6):
        days = made_days(np.random.default_rng([seed, 1]), 35, q, degrees=degrees, counts=counts)

        fit = fit_two_segments(*days, fewest=3)

        assert fit.rss == pytest.approx(least_rss(*days, fewest=3), rel=1e-9)
        assert fit.rss == pytest.approx(rss_at(fit.breakpoint, *days), rel=1e-9)


def test_recovers_a_curve_without_noise():
    generator = np.random.default_rng(0)
    temperature, covariates = generator.uniform(-5, 30, 200), generator.normal(size=(200, 2))
    off = temperature - 16.3
    value = 100 - 1.8 * np.minimum(off, 0) + 1.6 * np.maximum(off, 0) + covariates @ [2.0, -3.0]

    fit = fit_two_segments(temperature, value, covariates)

    assert fit.breakpoint == pytest.approx(16.3, abs=1e-9)
    assert (fit.slope_below, fit.slope_above) == pytest.approx((-1.8, 1.6), abs=1e-9)
    assert fit.level == pytest.approx(100, abs=1e-8)
    assert fit.effects == pytest.approx([2, -3], abs=1e-9)
    assert fit.curve(temperature) + covariates @ fit.effects == pytest.approx(value, abs=1e-8)
    assert not fit.at_edge


def test_line_rss_is_that_of_a_straight_line():
    temperature, value, covariates, weights = made_days(np.random.default_rng(1), 80, 2, counts=True)

    fit = fit_two_segments(temperature, value, covariates, weights)

    design = np.column_stack([np.ones(80), temperature, covariates]) * np.sqrt(weights)[:, None]
    assert fit.line_rss == pytest.approx(np.linalg.lstsq(design, value * np.sqrt(weights))[1][0], rel=1e-9)


def test_weights_are_repeated_days():
    temperature, value, covariates, weights = made_days(np.random.default_rng(2), 60, 2, counts=True)
    repeated = np.repeat(np.arange(60), weights.astype(int))

    fit = fit_two_segments(temperature, value, covariates, weights)
    same = fit_two_segments(temperature[repeated], value[repeated], covariates[repeated])

    assert fit.breakpoint == pytest.approx(same.breakpoint, abs=1e-9)
    assert fit.rss == pytest.approx(same.rss, rel=1e-9)
    assert fit.effects == pytest.approx(same.effects, abs=1e-9)


def test_replicates_are_single_fits_of_each_series():
    generator = np.random.default_rng(3)
    temperature, value, covariates, _ = made_days(generator, 90, 3)
    values = np.column_stack([value, generator.normal(size=90)])
    counts = generator.integers(0, 3, (5, 90))

    fits = two_segment_replicates(sort_days(temperature, covariates), values, counts)

    assert fits.shape == (5, 2, 4)
    for replicate, series in np.ndindex(5, 2):
        one = fit_two_segments(temperature, values[:, series], covariates, counts[replicate])
        expected = one.breakpoint, one.slope_below, one.slope_above, one.line_rss - one.rss
        assert fits[replicate, series] == pytest.approx(expected, rel=1e-7, abs=1e-7)


def test_a_year_that_is_not_drawn_does_no_harm():
    temperature, value, _, _ = made_days(np.random.default_rng(4), 120, 0)
    year = (np.arange(120) >= 80).astype(float)
    first = (year == 0).astype(int)

    fits = two_segment_replicates(sort_days(temperature, year[:, None]), value, first[None])

    alone = fit_two_segments(temperature[:80], value[:80])
    assert fits[0, 0, :3] == pytest.approx((alone.breakpoint, alone.slope_below, alone.slope_above), abs=1e-8)


def test_covariates_that_repeat_others_change_nothing():
    temperature, value, covariates, _ = made_days(np.random.default_rng(5), 80, 2)

    fit = fit_two_segments(temperature, value, np.column_stack([covariates, covariates.sum(1)]))

    assert fit.breakpoint == pytest.approx(fit_two_segments(temperature, value, covariates).breakpoint, abs=1e-9)


@given(
    seed=st.integers(0, 10_000),
    shift=st.floats(-300, 300),
    scale=st.floats(0.1, 10),
    offset=st.floats(-1e4, 1e4),
    factor=st.floats(0.01, 100),
)
def test_units_and_order_do_not_matter(seed, shift, scale, offset, factor):
    generator = np.random.default_rng(seed)
    temperature, value, covariates, weights = made_days(generator, 50, 1, counts=True)
    order = generator.permutation(50)

    fit = fit_two_segments(temperature, value, covariates, weights)
    changed = fit_two_segments(
        (shift + scale * temperature)[order], (offset + factor * value)[order], covariates[order], weights[order]
    )

    assert changed.rss == pytest.approx(factor**2 * fit.rss, rel=1e-6)
    assert changed.breakpoint == pytest.approx(shift + scale * fit.breakpoint, abs=1e-5 * scale)


@given(seed=st.integers(0, 10_000))
def test_warm_and_cold_can_be_exchanged(seed):
    temperature, value, covariates, weights = made_days(np.random.default_rng(seed), 50, 1)

    fit = fit_two_segments(temperature, value, covariates, weights)
    mirrored = fit_two_segments(-temperature, value, covariates, weights)

    assert mirrored.breakpoint == pytest.approx(-fit.breakpoint, abs=1e-6)
    assert (mirrored.slope_below, mirrored.slope_above) == pytest.approx((-fit.slope_above, -fit.slope_below), abs=1e-6)


def test_a_breakpoint_in_the_outer_days_is_flagged():
    temperature = np.linspace(0, 20, 400)
    value = 5 * np.maximum(temperature - 19.4, 0) + np.random.default_rng(6).normal(0, 0.01, 400)

    assert fit_two_segments(temperature, value).at_edge
    assert not fit_two_segments(temperature, 5 * np.maximum(temperature - 15, 0)).at_edge


def test_what_cannot_be_fitted_is_said():
    temperature, value = np.linspace(0, 20, 50), np.arange(50.0)
    gap = np.where(np.arange(50) == 7, np.nan, value)

    with pytest.raises(ValueError, match="temperature is 12 degrees C on all days"):
        fit_two_segments(np.full(50, 12.0), value)
    with pytest.raises(ValueError, match="value of row 7"):
        fit_two_segments(temperature, gap)
    with pytest.raises(ValueError, match="temperature of row 7"):
        fit_two_segments(gap, value)
    with pytest.raises(ValueError, match="weight of row 7 is nan"):
        fit_two_segments(temperature, value, weights=gap)
    with pytest.raises(ValueError, match=r"50 temperatures, but values of shape \(49,\)"):
        fit_two_segments(temperature, value[:-1])
    with pytest.raises(ValueError, match=r"50 temperatures, but weights of shape \(49,\)"):
        fit_two_segments(temperature, value, weights=value[:-1])
    with pytest.raises(ValueError, match="3 days are too few"):
        fit_two_segments(temperature[:3], value[:3])
    with pytest.raises(ValueError, match="no temperature has 30 days on either side"):
        fit_two_segments(temperature, value, fewest=30)
    with pytest.raises(ValueError, match="temperature is a combination of the covariates"):
        fit_two_segments(temperature, value, 2 * temperature[:, None])
    with pytest.raises(ValueError, match=r"covariates \(50,\)"):
        fit_two_segments(temperature, value, value)
