"""Is there a breakpoint at all? A test that keeps its level when the days are autocorrelated."""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import toeplitz

from nbutils.climate.breakpoints.autoregression import (
    autocovariance,
    fit_autoregression,
    longest_order,
    simulate_autoregression,
    yule_walker,
)
from nbutils.climate.breakpoints.hinge_scan import best_hinge
from nbutils.climate.breakpoints.sorted_days import checked_values, sort_days

OUTER_SHARE = 0.05
CORRECTING = 100
ON_A_LINE = 1e-20


@dataclass(frozen=True)
class Existence:
    """Result of the test of one straight line against two segments.

    Attributes:
        f: the largest F statistic over breakpoints with at least 5 % of the days on either side.
        p: share of simulated straight lines with an F at least as large, the series itself counted.
        order: of the autoregression of the residuals.
        rho: lag-one autocorrelation of the residuals of the straight line.
    """

    f: float
    p: float
    order: int
    rho: float


def breakpoint_test(
    temperature: np.ndarray,
    value: np.ndarray,
    covariates: np.ndarray | None = None,
    *,
    resamples: int = 499,
    seed: int = 0,
) -> Existence:
    """Tests whether the response to temperature bends, against a straight line with autocorrelated residuals.

    The statistic is the supremum of F over breakpoints (Davies 1987, Andrews 1993). Its null distribution is simulated:
    Gaussian autoregressive errors (Buehlmann 1997) on the temperatures and covariates as they are, the order chosen by
    AIC from the residuals of the straight line, their autocovariances corrected for what the fit takes away. A line has
    no part in the statistic, so only errors are drawn.

    Args:
        temperature: [n] degrees C, days in the order of time.
        value: [n].
        covariates: [n, q] such as `design` makes, without a constant.
        resamples: simulated series; the least p is 1 / (resamples + 1).
        seed: of the simulation.

    Raises:
        ValueError: as for `fit_two_segments`; the values lie on a straight line.
    """
    days = sort_days(temperature, covariates)
    value = checked_values(days, value)
    of_line = _residuals(days, value[:, None])
    f, residuals = _largest_f(days, of_line), _in_time(days, of_line)[:, 0]
    if residuals @ residuals <= ON_A_LINE * np.sum((value - value.mean()) ** 2):
        raise ValueError("the values lie on a straight line of temperature and covariates: there is nothing to test.")
    generator = np.random.default_rng(seed)
    coefficients, sd = _autoregression_of_errors(days, residuals, generator)
    errors = simulate_autoregression(coefficients, sd, len(value), resamples, generator)
    null = _largest_f(days, _residuals(days, errors))
    return Existence(
        f=float(f[0]),
        p=float((1 + np.sum(null >= f[0])) / (resamples + 1)),
        order=len(coefficients),
        rho=float(residuals[1:] @ residuals[:-1] / (residuals @ residuals)),
    )


def _autoregression_of_errors(days, residuals, generator):
    """Coefficients and innovations' standard deviation of the errors behind residuals [n].

    A fit takes from the errors what is slow, so that residuals remember less. By how much their autocovariances are too
    small is told by series drawn from the autoregression of the residuals.
    """
    coefficients, sd = fit_autoregression(residuals, longest_order(len(residuals)))
    order = len(coefficients)
    errors = simulate_autoregression(coefficients, sd, len(residuals), CORRECTING, generator)
    left = _in_time(days, _residuals(days, errors))
    lost = autocovariance(errors, order) - autocovariance(left, order)
    covariance = autocovariance(residuals, order) + lost.mean(axis=1)
    if np.linalg.eigvalsh(toeplitz(covariance))[0] <= 0:
        return coefficients, sd
    return yule_walker(covariance)


def _residuals(days, values):
    """Residuals [n, m], sorted by temperature, of a line and the covariates to values [n, m] in the order of time."""
    values = values[days.order]
    return values - days.columns @ (days.columns.T @ values)


def _largest_f(days, residuals):
    """Largest F over breakpoints [m], from sorted residuals [n, m] of a line."""
    n, p = days.columns.shape
    gain, _ = best_hinge(days.temperature, np.ones(n), days.columns, residuals, OUTER_SHARE * n)
    return gain / (np.sum(residuals**2, axis=0) - gain) * (n - p - 2)


def _in_time(days, sorted_series):
    """Series [n, m] of sorted days in the order of time."""
    series = np.empty_like(sorted_series)
    series[days.order] = sorted_series
    return series
