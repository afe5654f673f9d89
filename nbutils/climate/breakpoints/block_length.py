"""How many days in a row a bootstrap has to draw together to keep the autocorrelation of the residuals."""

import numpy as np
from scipy.signal import lfilter

from nbutils.climate.breakpoints.autoregression import autocovariance, fit_autoregression, longest_order


def memory_days(residuals: np.ndarray) -> float:
    """The sum of |lag| times autocovariance over the sum of the autocovariances, lags of both signs.

    Blocks of b days make the variance of a mean too small by about this number over b. It is that of the autoregression
    fitted to the residuals, which varies less from series to series than sums of their own autocovariances. In a few
    series in a hundred that fit swings back and the sum vanishes, so that it is at least the AR(1)'s.

    Args:
        residuals: [n] in the order of time.

    Returns:
        Days, not negative; 2 rho / (1 - rho^2) for an AR(1).
    """
    n = len(residuals)
    centred = residuals - np.mean(residuals)
    coefficients, _ = fit_autoregression(centred, longest_order(n))
    one_shock = lfilter([1.0], np.concatenate([[1.0], -coefficients]), np.eye(1, n)[0])
    covariance = autocovariance(one_shock, n - 1)
    weighted, total = 2 * np.arange(n) @ covariance, 2 * covariance.sum() - covariance[0]
    rho = max(0.0, centred[1:] @ centred[:-1] / (centred @ centred))
    return float(max(weighted / total, 2 * rho / (1 - rho**2)))


def block_length(memory: float, days: int) -> int:
    """Block length with the least error of the bootstrap's variance (Politis and White 2004, circular blocks).

    Args:
        memory: as of `memory_days`.
        days: length of the series.

    Returns:
        Days, at least 1 and at most a tenth of the series, so that no sample consists of a few blocks.
    """
    return int(np.clip(np.ceil((1.5 * memory**2 * days) ** (1 / 3)), 1, max(1, days // 10)))
