import numpy as np
import pytest

from nbutils.climate.breakpoints.autoregression import (
    autocovariance,
    fit_autoregression,
    longest_order,
    simulate_autoregression,
    yule_walker,
)


@pytest.mark.parametrize("lags", [0, 3, 39])
def test_autocovariances_are_mean_products(lags):
    series = np.random.default_rng(0).normal(size=(40, 3))

    expected = [(series[lag:] * series[: 40 - lag]).sum(0) / 40 for lag in range(lags + 1)]

    np.testing.assert_allclose(autocovariance(series, lags), expected, atol=1e-12)
    np.testing.assert_allclose(autocovariance(series[:, 1], lags), np.array(expected)[:, 1], atol=1e-12)


def test_simulated_series_have_the_variance_and_memory_of_the_autoregression():
    series = simulate_autoregression(np.array([0.8]), 3.0, 2000, 60, np.random.default_rng(1))

    covariance = autocovariance(series, 2).mean(axis=1)

    assert covariance == pytest.approx(9 / 0.36 * np.array([1, 0.8, 0.64]), rel=0.05)


def test_an_autoregression_of_second_order_is_found_again():
    series = simulate_autoregression(np.array([0.5, 0.3]), 2.0, 20_000, 1, np.random.default_rng(2))[:, 0]

    coefficients, sd = fit_autoregression(series, longest_order(20_000))

    assert coefficients[:2] == pytest.approx([0.5, 0.3], abs=0.03)
    assert coefficients[2:] == pytest.approx(np.zeros(len(coefficients) - 2), abs=0.03)
    assert sd == pytest.approx(2, rel=0.02)
    assert yule_walker(np.array([1.0, 0.5]))[0] == pytest.approx([0.5])
    assert yule_walker(np.array([1.0, 0.5]))[1] == pytest.approx(np.sqrt(0.75))


def test_the_longest_order_fits_into_the_series():
    assert [longest_order(days) for days in (3, 60, 1461)] == [1, 15, 31]
