import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from nbutils.climate.breakpoints.dead_band import dead_band_replicates, fit_dead_band
from nbutils.climate.breakpoints.sorted_days import sort_days
from nbutils.climate.breakpoints.two_segments import fit_two_segments


def rss_at(knots, temperature, value, covariates, weights):
    """Plain weighted least squares with the thresholds given."""
    low, high = knots
    columns = np.minimum(temperature - low, 0), np.maximum(temperature - high, 0)
    design = np.column_stack([np.ones(len(value)), *columns, covariates])
    root = np.sqrt(weights)
    coefficients = np.linalg.lstsq(design * root[:, None], value * root)[0]
    return weights @ (value - design @ coefficients) ** 2


def best_pair_of_days(temperature, value, covariates, weights, fewest):
    distinct = np.unique(temperature[weights > 0])
    lows = [knot for knot in distinct if weights[temperature <= knot].sum() >= fewest]
    highs = [knot for knot in distinct if weights[temperature >= knot].sum() >= fewest]
    pairs = [(low, high) for low in lows for high in highs if low <= high]
    return min((rss_at(pair, temperature, value, covariates, weights), pair) for pair in pairs)


def made_days(generator, n, q, *, degrees=None, counts=False, sd=3.0):
    temperature = generator.normal(15, 8, n)
    if degrees:
        temperature = np.round(temperature / degrees) * degrees
    covariates = generator.normal(size=(n, q))
    low, high = np.sort(generator.normal(14, 4, 2))
    slopes = generator.normal(size=2)
    curve = slopes[0] * np.minimum(temperature - low, 0) + slopes[1] * np.maximum(temperature - high, 0)
    value = 1000 + curve + covariates.sum(1) + generator.normal(0, sd, n)
    weights = generator.integers(0, 4, n).astype(float) if counts else np.ones(n)
    return temperature, value, covariates, weights


@pytest.mark.parametrize("q", [0, 2])
@pytest.mark.parametrize("degrees", [None, 2])
@pytest.mark.parametrize("counts", [False, True])
def test_is_at_least_as_good_as_every_pair_of_days_and_best_near_it(q, degrees, counts):
    for seed in range(4):
        generator = np.random.default_rng([seed, 2])
        days = made_days(generator, 32, q, degrees=degrees, counts=counts, sd=generator.choice([0.3, 3, 20]))

        fit = fit_dead_band(*days, fewest=3)

        least, pair = best_pair_of_days(*days, fewest=3)
        assert fit.rss <= least * (1 + 1e-9)
        assert fit.rss == pytest.approx(rss_at((fit.low, fit.high), *days), rel=1e-9)
        distinct = np.unique(days[0][days[3] > 0])
        beside = [np.clip(np.searchsorted(distinct, knot) + np.array([-1, 1]), 0, len(distinct) - 1) for knot in pair]
        assert distinct[beside[0][0]] <= fit.low <= distinct[beside[0][1]]
        assert distinct[beside[1][0]] <= fit.high <= distinct[beside[1][1]]


def test_no_thresholds_within_the_same_gaps_are_better():
    for seed in range(8):
        days = made_days(np.random.default_rng([seed, 3]), 40, 1)
        fit = fit_dead_band(*days, fewest=3)
        distinct = np.sort(days[0])
        gaps = [np.searchsorted(distinct, knot + 1e-9) for knot in (fit.low, fit.high)]
        bounds = [(distinct[gap - 1], distinct[min(gap, len(distinct) - 1)]) for gap in gaps]
        assert bounds[0][1] <= bounds[1][0] or fit.low == fit.high

        found = minimize(rss_at, (fit.low, fit.high), args=days, bounds=bounds, method="Nelder-Mead")

        assert fit.rss <= found.fun * (1 + 1e-9)


def test_recovers_a_curve_without_noise():
    generator = np.random.default_rng(0)
    temperature, covariates = generator.uniform(-5, 30, 300), generator.normal(size=(300, 2))
    value = (
        100 - 2.8 * np.minimum(temperature - 12.1, 0) + 5.6 * np.maximum(temperature - 18.2, 0) + covariates @ [2, -3]
    )

    fit = fit_dead_band(temperature, value, covariates)

    assert (fit.low, fit.high) == pytest.approx((12.1, 18.2), abs=1e-6)
    assert (fit.slope_below, fit.slope_above) == pytest.approx((-2.8, 5.6), abs=1e-6)
    assert fit.level == pytest.approx(100, abs=1e-5)
    assert fit.effects == pytest.approx([2, -3], abs=1e-6)
    assert fit.curve(temperature) + covariates @ fit.effects == pytest.approx(value, abs=1e-5)
    assert not fit.at_edge


def test_a_v_has_hardly_any_band():
    generator = np.random.default_rng(1)
    temperature = generator.normal(15, 8, 500)
    value = np.abs(temperature - 15) + generator.normal(0, 0.1, 500)

    fit = fit_dead_band(temperature, value)

    assert fit.low == pytest.approx(15, abs=0.2)
    assert fit.high == pytest.approx(15, abs=0.2)
    assert fit.rss <= 1.001 * fit_two_segments(temperature, value).rss


def test_replicates_are_single_fits_of_each_series():
    generator = np.random.default_rng(3)
    temperature, value, covariates, _ = made_days(generator, 400, 3)
    values = np.column_stack([value, 3 * np.abs(temperature - 12) + generator.normal(size=400)])
    counts = generator.integers(0, 3, (4, 400))

    fits = dead_band_replicates(sort_days(temperature, covariates), values, counts)

    assert fits.shape == (4, 2, 4)
    for replicate in range(4):
        one = fit_dead_band(temperature, values[:, 1], covariates, counts[replicate])
        assert fits[replicate, 1] == pytest.approx((one.low, one.high, one.slope_below, one.slope_above), abs=1e-5)


def test_replicates_of_weak_series_are_nearly_the_best():
    generator = np.random.default_rng(4)
    excess = []
    for _ in range(30):
        temperature, value, covariates, weights = made_days(generator, 300, 2, sd=generator.choice([1, 30]))
        low, high, _, _ = dead_band_replicates(sort_days(temperature, covariates), value, weights[None])[0, 0]
        reached = rss_at((low, high), temperature, value, covariates, weights)
        excess.append(reached / fit_dead_band(temperature, value, covariates).rss - 1)

    assert max(excess) < 0.01
    assert np.mean(np.array(excess) < 1e-9) > 0.8


@settings(max_examples=40)
@given(seed=st.integers(0, 10_000), shift=st.floats(-300, 300), factor=st.floats(0.01, 100))
def test_units_order_and_direction_do_not_matter(seed, shift, factor):
    generator = np.random.default_rng(seed)
    temperature, value, covariates, weights = made_days(generator, 50, 1)
    order = generator.permutation(50)

    fit = fit_dead_band(temperature, value, covariates, weights)
    changed = fit_dead_band((shift - temperature)[order], 50 + factor * value[order], covariates[order])

    assert changed.rss == pytest.approx(factor**2 * fit.rss, rel=1e-6)
    assert (changed.low, changed.high) == pytest.approx((shift - fit.high, shift - fit.low), abs=1e-3)


def test_a_band_in_the_outer_days_is_flagged_and_none_is_said():
    temperature = np.linspace(0, 20, 400)
    noise = np.random.default_rng(6).normal(0, 0.01, 400)

    fit = fit_dead_band(temperature, np.maximum(5 - temperature, 0) + 5 * np.maximum(temperature - 19.3, 0) + noise)

    assert fit.at_edge
    with pytest.raises(ValueError, match="no temperature has 300 days on either side"):
        fit_dead_band(temperature, noise, fewest=300)
