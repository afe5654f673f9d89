"""Autoregressive models of residuals: fitted from autocovariances, and simulated."""

import numpy as np
from scipy import fft
from scipy.linalg import solve_toeplitz
from scipy.signal import lfilter

WARM_UP = 500


def longest_order(days: int) -> int:
    """The usual bound, ten times the decimal logarithm of the length, on the order of an autoregression."""
    return max(1, min(int(10 * np.log10(days)), days // 4))


def autocovariance(series: np.ndarray, lags: int) -> np.ndarray:
    """Autocovariances [lags + 1, ...] over the first axis of series [n, ...] with a mean of zero, divided by n.

    Args:
        series: [n, ...].
        lags: the longest, fewer than n.
    """
    n = len(series)
    padded = fft.next_fast_len(n + lags, real=True)
    spectrum = np.abs(fft.rfft(series, padded, axis=0)) ** 2
    return fft.irfft(spectrum, padded, axis=0)[: lags + 1] / n


def yule_walker(covariance: np.ndarray) -> tuple[np.ndarray, float]:
    """The autoregression with given autocovariances.

    Args:
        covariance: [p + 1] at lags 0 to p.

    Returns:
        Coefficients [p] of the past values, nearest first, and the standard deviation of the innovations.
    """
    coefficients = solve_toeplitz(covariance[:-1], covariance[1:])
    return coefficients, float(np.sqrt(max(covariance[0] - coefficients @ covariance[1:], 0.0)))


def fit_autoregression(series: np.ndarray, longest: int) -> tuple[np.ndarray, float]:
    """Yule-Walker autoregression of the order, from 1 to `longest`, with the least AIC.

    Args:
        series: [n] in the order of time, with a mean of zero.
        longest: order, at least 1.

    Returns:
        As `yule_walker`.
    """
    covariance = autocovariance(series, longest)
    fits = [yule_walker(covariance[: order + 1]) for order in range(1, longest + 1)]
    criteria = [len(series) * np.log(max(sd, np.finfo(float).tiny) ** 2) + 2 * len(fit) for fit, sd in fits]
    return fits[int(np.argmin(criteria))]


def simulate_autoregression(
    coefficients: np.ndarray, sd: float, days: int, series: int, generator: np.random.Generator
) -> np.ndarray:
    """Gaussian series [days, series] of an autoregression, started long before the first day.

    Args:
        coefficients: [p] of the past values, nearest first.
        sd: standard deviation of the innovations.
        days: length.
        series: how many.
        generator: of the innovations.
    """
    innovations = generator.normal(scale=sd, size=(days + WARM_UP, series))
    return lfilter([1.0], np.concatenate([[1.0], -coefficients]), innovations, axis=0)[WARM_UP:]
