"""LOWESS: a robust smooth curve through a scatterplot (Cleveland 1979), exact and fast.

Points with the same x share one local fit, so that a million integer lengths cost as much as their few thousand
distinct values, and `local_lines` sums over neighbours in far fewer steps than there are neighbours. Both are exact.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from nbutils.statistics.local_lines import local_lines, neighbourhoods

ROUNDED_UP = 1e-10  # lets 0.3 * 10 be three neighbours, as in statsmodels
ROUNDING = 8 * np.finfo(float).eps  # of the largest y: residuals below are zero


class Design(NamedTuple):
    """What local fits need to know of x, which is the same in all iterations and for every y.

    Attributes:
        values: [d] distinct x, sorted.
        value_of_point: [n] position of each point's x among the values.
        counts: [d] number of points at each value.
        centres: [m] positions of the values where a line is fitted; all, unless `delta` skips some.
        first: [m] leftmost neighbour of each centre, as a position among the values.
        last: [m] one past the rightmost neighbour.
        radius: [m] distance to the farthest neighbour.
    """

    values: np.ndarray
    value_of_point: np.ndarray
    counts: np.ndarray
    centres: np.ndarray
    first: np.ndarray
    last: np.ndarray
    radius: np.ndarray


def lowess(x: np.ndarray, y: np.ndarray, *, frac: float = 0.5, iterations: int = 3, delta: float = 0.0) -> np.ndarray:
    """Locally weighted regression of y on x at each point (Cleveland 1979, doi 10.1080/01621459.1979.10481038).

    Agrees with `statsmodels.nonparametric.smoothers_lowess.lowess` but for two cases in which that one follows chance:
    - At tied x where a line has nothing to go by, because all neighbours share that x or all but one are outliers, the
      fit is the mean of the tied points (in the first case weighted for robustness). Statsmodels takes the y of
      whichever was sorted first.
    - Where more than half of the fits pass through their points, as with a handful of neighbours, residuals as small as
      rounding errors count as zero. Statsmodels divides by them.

    Args:
        x: [n] finite.
        y: [n] finite.
        frac: share of the points that are neighbours of each, in (0, 1]; at least two points are.
        iterations: rounds of down-weighting points with large residuals, 0 for none.
        delta: distance in x within which fits are interpolated between two fitted points. 0, the default, is exact.

    Returns:
        [n] fitted values in the order of the points.

    Raises:
        ValueError: x and y are not two finite vectors of one length, or a setting is out of range.
    """
    design = neighbours(x, frac=frac, delta=delta)
    return robust_fit(design, y, iterations)[design.value_of_point]


def lowess_curve(
    x: np.ndarray, y: np.ndarray, *, frac: float = 0.5, iterations: int = 3, delta: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """The fitted curve as `lowess` has it: distinct x, sorted, and the fit there.

    `numpy.interp(at, *lowess_curve(x, y))` evaluates it anywhere: straight between distinct x, constant beyond the
    ends.
    """
    design = neighbours(x, frac=frac, delta=delta)
    return design.values, robust_fit(design, y, iterations)


def neighbours(x: np.ndarray, *, frac: float, delta: float = 0.0) -> Design:
    """The neighbours of each distinct x, for any number of fits over the same x.

    Raises:
        ValueError: x is not a finite vector, `frac` is outside (0, 1] or `delta` is negative.
    """
    x = _finite_vector("x", x)
    if not 0 < frac <= 1:
        raise ValueError(f"frac is {frac}; it is the share of points in a neighbourhood, above 0 and at most 1.")
    if not 0 <= delta < np.inf:
        raise ValueError(f"delta is {delta}; it is a distance in x, 0 or more.")
    values, value_of_point, counts = np.unique(x, return_inverse=True, return_counts=True)
    k = min(max(int(frac * x.size + ROUNDED_UP), 2), x.size)
    centres = _centres(values, delta, counts[-1] == 1)
    sorted_points = np.repeat(np.arange(values.size), counts)
    first, last, radius = neighbourhoods(values[sorted_points], sorted_points, values, centres, k)
    return Design(values, value_of_point, counts, centres, first, last, radius)


def robust_fit(design: Design, y: np.ndarray, iterations: int) -> np.ndarray:
    """LOWESS of y at the design's distinct values.

    Raises:
        ValueError: y is not a finite vector of the design's length, or `iterations` is negative.
    """
    y = _finite_vector("y", y)
    if y.size != design.value_of_point.size:
        raise ValueError(f"x has {design.value_of_point.size} values and y has {y.size}; give one y for each x.")
    if iterations < 0:
        raise ValueError(f"iterations is {iterations}; it is a number of rounds, 0 or more.")
    middle = np.median(y)
    centred = y - middle
    fitted = weighted_fit(design, centred, np.ones(y.size))
    for _ in range(iterations):
        fitted = weighted_fit(design, centred, robustness_weights(centred, fitted[design.value_of_point]))
    return fitted + middle


def weighted_fit(design: Design, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """One round: local lines [d] at the design's distinct values, with a robustness weight [n] for each point."""
    weight, weighted_y, sum_y, heaviest = _sums_by_value(design.value_of_point, y, weights, design.values.size)
    # Distances from the middle keep the digits that a far origin of x would cost.
    values = design.values - (design.values[0] + design.values[-1]) / 2
    fits = local_lines(
        values,
        weight,
        weighted_y,
        heaviest,
        sum_y / design.counts,
        design.centres,
        design.first,
        design.last,
        design.radius,
    )
    return np.interp(design.values, design.values[design.centres], fits)


def robustness_weights(y: np.ndarray, fitted: np.ndarray) -> np.ndarray:
    """Bisquare weights [n] (Cleveland 1979): 1 for a residual of 0, none beyond six times the median residual.

    Where more than half of the residuals are zero, up to rounding, all other points weigh nothing.
    """
    sizes = np.abs(y - fitted)
    sizes[sizes <= ROUNDING * np.abs(y).max()] = 0
    reach = 6 * np.median(sizes)
    if reach == 0:
        return (sizes == 0).astype(float)
    return (1 - np.minimum(sizes / reach, 1) ** 2) ** 2


def _finite_vector(name: str, values: np.ndarray) -> np.ndarray:
    """The values as float64, refused with the place of the first that is not finite."""
    values = np.asarray(values, dtype=float)
    if values.ndim != 1 or not values.size:
        raise ValueError(f"{name} has shape {values.shape}; give a vector of at least one value.")
    wrong = np.flatnonzero(~np.isfinite(values))
    if wrong.size:
        raise ValueError(f"{name}[{wrong[0]}] is {values[wrong[0]]}; give finite values.")
    return values


@njit(cache=True, nogil=True)
def _centres(values: np.ndarray, delta: float, last_is_alone: bool) -> np.ndarray:
    """Positions at most `delta` apart where that is possible, the first and the last value among them.

    As in statsmodels the last step but one ends a point before the last, which is a value before where no other point
    has the last value.
    """
    chosen = np.empty(values.size, np.int64)
    chosen[0] = 0
    number = 1
    at = 0
    while at < values.size - 1:
        begin = at
        while at + 1 < values.size and values[at + 1] <= values[begin] + delta:
            at += 1
        if at == values.size - 1 and last_is_alone:
            at -= 1
        at = max(at, begin + 1)
        chosen[number] = at
        number += 1
    return chosen[:number]


@njit(cache=True, nogil=True)
def _sums_by_value(value_of_point, y, weights, number):
    """At each value the sums of weights, of weights times y and of y, and [number, 2] the two largest weights."""
    weight, weighted_y, sum_y = np.zeros((3, number))
    heaviest = np.zeros((number, 2))
    for i in range(y.size):
        value = value_of_point[i]
        weight[value] += weights[i]
        weighted_y[value] += weights[i] * y[i]
        sum_y[value] += y[i]
        if weights[i] > heaviest[value, 0]:
            heaviest[value, 1] = heaviest[value, 0]
            heaviest[value, 0] = weights[i]
        elif weights[i] > heaviest[value, 1]:
            heaviest[value, 1] = weights[i]
    return weight, weighted_y, sum_y, heaviest
