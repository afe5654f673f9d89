"""Least squares of the daily ratio on heating degrees, cooling degrees, weekday and holiday."""

from typing import Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, RegressorMixin


class HingeRegression(RegressorMixin, BaseEstimator):
    """The plain rival of gradient boosting: dead band of temperature, weekday and holiday, all less their month's mean.

    A ratio to the month's mean says how a day differs from the other days of its month, so every column is taken less
    its mean over the month; without that, slopes and knots are biased (the month's own temperature is in the
    denominator). The two knots are the pair on a grid with the least squared error, equal knots (a V) among them. They
    serve prediction; thresholds with intervals are those of `nbutils.climate.breakpoints`.

    Args:
        step_c: of the grid of knots, degrees C, between the 5th and 95th percentile of temperature.

    Attributes:
        low_c_: knot below which heating begins, degrees C.
        high_c_: knot above which cooling begins, degrees C.
        coefficients_: ratio per degree below `low_c_`, per degree above `high_c_`; then of Tuesday to Sunday against
            Monday, and of a holiday.
    """

    def __init__(self, step_c: float = 0.5):
        self.step_c = step_c

    def fit(self, X: pd.DataFrame, y: pd.Series) -> Self:  # noqa: N803
        """Fits ratios `y` to a table as of `daily_ratio.features`, indexed by date."""
        months = X.index.to_period("M")
        temperature = X["temperature_c"].to_numpy(float)
        knots = _grid(temperature, self.step_c)
        others = _less_months_mean(_calendar_columns(X), months)
        hinges = _less_months_mean(
            np.column_stack([np.maximum(knots - temperature[:, None], 0), np.maximum(temperature[:, None] - knots, 0)]),
            months,
        )
        ratio = _less_months_mean(np.asarray(y, dtype=float)[:, None], months)
        columns = np.column_stack([hinges, ratio])
        columns = columns - others @ np.linalg.lstsq(others, columns)[0]
        low, high = _best_pair(columns[:, : len(knots)], columns[:, len(knots) : -1], columns[:, -1])
        self.low_c_, self.high_c_ = float(knots[low]), float(knots[high])
        design = np.column_stack([hinges[:, low], hinges[:, len(knots) + high], others])
        self.coefficients_ = np.linalg.lstsq(design, ratio[:, 0])[0]
        return self

    def predict(self, X: pd.DataFrame) -> np.ndarray:  # noqa: N803
        """Ratios [n] of the days in `X`, which holds whole months."""
        temperature = X["temperature_c"].to_numpy(float)
        hinges = np.maximum(self.low_c_ - temperature, 0), np.maximum(temperature - self.high_c_, 0)
        design = np.column_stack([*hinges, _calendar_columns(X)])
        return 1 + _less_months_mean(design, X.index.to_period("M")) @ self.coefficients_


def _grid(temperature: np.ndarray, step: float) -> np.ndarray:
    low, high = np.quantile(temperature, [0.05, 0.95])
    return np.arange(low, max(high, low + step), step)


def _calendar_columns(known: pd.DataFrame) -> np.ndarray:
    """[n, 7] Tuesday to Sunday, holiday."""
    weekdays = known["weekday"].to_numpy()[:, None] == np.arange(1, 7)
    return np.column_stack([weekdays, known["is_holiday"]]).astype(float)


def _less_months_mean(columns: np.ndarray, months: pd.PeriodIndex) -> np.ndarray:
    frame = pd.DataFrame(columns)
    return (frame - frame.groupby(months).transform("mean")).to_numpy()


def _best_pair(below: np.ndarray, above: np.ndarray, ratio: np.ndarray) -> tuple[int, int]:
    """Knots i <= j for which below[:, i] and above[:, j] explain most of `ratio` [n], from columns [n, K]."""
    moments = below.T @ ratio, above.T @ ratio
    squares = (below**2).sum(0), (above**2).sum(0)
    one, two = np.ix_(squares[0], squares[1])
    product = below.T @ above
    determinant = one * two - product**2
    with np.errstate(invalid="ignore", divide="ignore"):
        explained = (
            two * moments[0][:, None] ** 2 - 2 * product * np.outer(*moments) + one * moments[1] ** 2
        ) / determinant
    solvable = determinant > 1e-9 * squares[0].max() * squares[1].max()
    ordered = np.arange(len(squares[0]))[:, None] <= np.arange(len(squares[1]))
    explained = np.where(solvable & ordered, explained, -np.inf)
    low, high = np.unravel_index(np.argmax(explained), explained.shape)
    return int(low), int(high)
