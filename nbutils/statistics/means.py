"""Interval of a mean of few values."""

import numpy as np
from scipy.stats import t


def mean_interval(values: np.ndarray, level: float = 0.95) -> tuple[float, float]:
    """Student's t interval of the mean of independent values, such as one from each layer of a model.

    Args:
        values: [n] at least two.
        level: share of samples whose interval covers the mean; exact for normal values.

    Returns:
        Lower and upper end.

    Raises:
        ValueError: fewer than two values.
    """
    values = np.asarray(values, dtype=float)
    if len(values) < 2:
        raise ValueError(f"an interval needs at least two values, not {len(values)}.")
    reach = t.ppf((1 + level) / 2, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return float(values.mean() - reach), float(values.mean() + reach)
