import numpy as np
import pytest

from nbutils.climate.breakpoints.autoregression import (
    autocovariance,
    fit_autoregression,
    longest_order,
    simulate_autoregression,
)
from nbutils.climate.breakpoints.block_length import block_length, memory_days


@pytest.mark.parametrize("rho", [0.0, 0.6, 0.8])
def test_memory_of_an_autoregression_is_found(rho):
    series = simulate_autoregression(np.array([rho]), 1.0, 3000, 40, np.random.default_rng(0))

    found = [memory_days(one) for one in series.T]

    assert np.median(found) == pytest.approx(2 * rho / (1 - rho**2), abs=0.25 + 0.15 * rho / (1 - rho**2))


def test_memory_is_that_of_the_fitted_autoregression():
    series = simulate_autoregression(np.array([0.5, 0.3]), 1.0, 4000, 1, np.random.default_rng(1))[:, 0]
    coefficients, _ = fit_autoregression(series - series.mean(), longest_order(4000))
    long = simulate_autoregression(coefficients, 1.0, 400_000, 1, np.random.default_rng(2))[:, 0]
    covariance = autocovariance(long, 60)
    lag = np.arange(1, 61)
    expected = 2 * lag @ covariance[1:] / (covariance[0] + 2 * covariance[1:].sum())

    assert memory_days(series) == pytest.approx(expected, rel=0.15)


def test_blocks_grow_with_memory_and_with_the_cube_root_of_the_days():
    assert block_length(0.0, 1000) == 1
    assert block_length(4.44, 1461) == np.ceil((1.5 * 4.44**2 * 1461) ** (1 / 3))
    assert block_length(4.0, 8000) == pytest.approx(2 * block_length(4.0, 1000), abs=1)
    assert block_length(50.0, 365) == 36


@pytest.mark.parametrize("days", [20, 60])
def test_short_series_have_a_length(days):
    series = np.cumsum(np.random.default_rng(2).normal(size=days))

    assert 1 <= block_length(memory_days(series), days) <= days // 10


def test_no_autocorrelated_series_is_taken_for_independent_days():
    series = simulate_autoregression(np.array([0.6]), 1.0, 1461, 400, np.random.default_rng(0))

    assert min(memory_days(one) for one in series.T) > 1
