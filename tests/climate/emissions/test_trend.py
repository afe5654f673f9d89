import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st

from nbutils.climate.emissions.trend import trend_over_years
from tests.climate.emissions.made import ar1

YEARS = np.arange(1970, 2025)


def test_independent_years_give_ordinary_least_squares():
    # Neighbours on opposite sides of the line, so that no autocorrelation is found.
    value = 0.3 * YEARS + np.where(YEARS % 2, 1.0, -1.0) * np.random.default_rng(0).uniform(0.5, 1.5, len(YEARS))

    trend = trend_over_years(YEARS, value)

    plain = sm.OLS(value, sm.add_constant(YEARS / 10)).fit()
    assert trend.per_decade == pytest.approx(plain.params[1])
    assert (trend.low, trend.high) == pytest.approx(tuple(plain.conf_int()[1]))
    assert trend.p == pytest.approx(plain.pvalues[1], rel=1e-6)
    assert (trend.lag_one, trend.effective_years) == (0, len(YEARS))


def test_autocorrelated_years_are_worth_fewer():
    value = ar1(len(YEARS), 0.7, np.random.default_rng(0))

    trend = trend_over_years(YEARS, value)

    plain = sm.OLS(value, sm.add_constant(YEARS / 10)).fit()
    rest = plain.resid
    lag_one = (55 * (rest[1:] @ rest[:-1]) / (rest @ rest) + 2) / 51
    assert trend.lag_one == pytest.approx(lag_one)
    assert trend.effective_years == pytest.approx(55 * (1 - lag_one) / (1 + lag_one))
    assert trend.high - trend.low > 1.5 * np.ptp(plain.conf_int()[1])


@given(st.floats(-100, 100), st.floats(0.01, 100), st.integers(-500, 500))
def test_shift_scale_and_calendar(shift, scale, years):
    value = ar1(30, 0.4, np.random.default_rng(1)) + 0.05 * np.arange(30)

    first = trend_over_years(np.arange(30), value)
    second = trend_over_years(np.arange(30) + years, shift + scale * value)

    np.testing.assert_allclose(np.array(second[:3]) / scale, first[:3], rtol=1e-6, atol=1e-9)
    assert second.p == pytest.approx(first.p, rel=1e-5)


def test_coverage_and_false_alarms_under_autocorrelation():
    """Of 1000 trendless series with rho 0.6, an ordinary interval misses 0 in a third."""
    generator = np.random.default_rng(0)
    trends = [trend_over_years(YEARS, ar1(55, 0.6, generator)) for _ in range(1000)]

    covered = np.mean([trend.low <= 0 <= trend.high for trend in trends])
    assert 0.92 < covered < 0.97
    assert np.mean([trend.p < 0.05 for trend in trends]) == pytest.approx(1 - covered)


def test_few_years_have_no_trend():
    assert np.isnan(trend_over_years(np.arange(9), np.arange(9.0))).all()


def test_a_straight_line_is_known_exactly():
    trend = trend_over_years(YEARS, 2.0 * YEARS)

    assert (trend.low, trend.per_decade, trend.high) == pytest.approx((20, 20, 20))
    assert trend_over_years(YEARS, np.zeros(55)).per_decade == 0
