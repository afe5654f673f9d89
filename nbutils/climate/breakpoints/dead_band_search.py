"""The pair of knots of two hinges with a flat band between them.

For knots l <= u the fall of the residual sum of squares is that of two columns, max(l - x, 0) and max(x - u, 0), which
have no day in common. Each is scaled to a length of one after the fixed columns are taken out; then with z1, z2 their
products with the residuals and c the product of their shadows on the fixed columns, the fall is
(z1^2 + 2 c z1 z2 + z2^2) / (1 - c^2). Pairs of days are compared by it. Within the gaps beside the best pair the hinges
are linear in their knots, and either knot has one best place given the other, in closed form as in `hinge_scan`; taking
turns ends where both are best. Gaps further out are tried as long as that is better still.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from nbutils.climate.breakpoints.hinge_scan import FLATTEST
from nbutils.climate.breakpoints.weighted_basis import inverse_cholesky

WINDOW = 6
TURNS = 50
LEAST_RISE = 1e-14


class Side(NamedTuple):
    """The hinges of one side at each distinct temperature, and how they grow when the knot leaves it.

    A knot t degrees further in makes the hinge h + t v. Products are weighted; Q are the fixed columns.

    Attributes:
        x: [u] distinct temperatures, ascending.
        outermost: number of the knot with the fewest days further out that are allowed.
        squares: [u, 3] h'h, h'v and v'v less those of their shadows on Q.
        shadows: [u, 2, p] Q'h and Q'v.
        products: [u, 2, m] h and v with the residuals of each series.
        unit_shadows: [u, p] Q'h of the hinge scaled to a length of one; zero where h is in the span of Q.
        unit_products: [u, m] the same of its products.
    """

    x: np.ndarray
    outermost: int
    squares: np.ndarray
    shadows: np.ndarray
    products: np.ndarray
    unit_shadows: np.ndarray
    unit_products: np.ndarray


@njit(cache=True, nogil=True)
def side_of_knots(
    x: np.ndarray, weights: np.ndarray, basis: np.ndarray, residuals: np.ndarray, fewest: float, step: int
) -> Side:
    """Hinges of the days below (step 1) or above (step -1) each knot.

    Args:
        x: [n] ascending.
        weights: [n] positive.
        basis: [n, p] orthonormal under the weights, a constant in its span.
        residuals: [n, m] of m series on the basis.
        fewest: weight of the days at or below the knot (step 1), or at or above it, at least.
        step: 1 or -1.
    """
    n, p = basis.shape
    m = residuals.shape[1]
    knots = 1 + np.count_nonzero(np.diff(x))
    where, squares, shadows = np.empty(knots), np.empty((knots, 3)), np.empty((knots, 2, p))
    products, unit_shadows, unit_products = np.empty((knots, 2, m)), np.empty((knots, p)), np.empty((knots, m))
    shadow, product = np.zeros((2, p)), np.zeros((2, m))
    vv = hv = hh = 0.0
    knot, day = (0, 0) if step == 1 else (knots - 1, n - 1)
    outermost = -1
    for seen in range(n):
        weight = weights[day]
        vv += weight
        for k in range(p):
            shadow[1, k] += weight * basis[day, k]
        for s in range(m):
            product[1, s] += weight * residuals[day, s]
        gap = abs(x[day + step] - x[day]) if seen < n - 1 else np.inf
        if gap > 0:
            if outermost < 0 and vv >= fewest:
                outermost = knot
            where[knot] = x[day]
            hh_left, hv_left, vv_left = hh, hv, vv
            for k in range(p):
                shadows[knot, 0, k], shadows[knot, 1, k] = shadow[0, k], shadow[1, k]
                hh_left -= shadow[0, k] * shadow[0, k]
                hv_left -= shadow[0, k] * shadow[1, k]
                vv_left -= shadow[1, k] * shadow[1, k]
            squares[knot, 0], squares[knot, 1], squares[knot, 2] = hh_left, hv_left, vv_left
            shrink = 1 / np.sqrt(hh_left) if hh_left > FLATTEST * hh else 0.0
            for k in range(p):
                unit_shadows[knot, k] = shadow[0, k] * shrink
            for s in range(m):
                products[knot, 0, s], products[knot, 1, s] = product[0, s], product[1, s]
                unit_products[knot, s] = product[0, s] * shrink
            if seen < n - 1:
                hh += gap * (2 * hv + gap * vv)
                hv += gap * vv
                for k in range(p):
                    shadow[0, k] += gap * shadow[1, k]
                for s in range(m):
                    product[0, s] += gap * product[1, s]
                knot += step
        day += step
    return Side(where, outermost, squares, shadows, products, unit_shadows, unit_products)


@njit(cache=True, nogil=True)
def best_band(left: Side, right: Side, series: int, knots: int) -> np.ndarray:
    """Lower knot, upper knot, slope below and slope above of one series [4]; NaN where no knot is allowed.

    Args:
        left: hinges below.
        right: hinges above, of the same days.
        series: which.
        knots: of how many evenly spread days every pair is tried at first.
    """
    nothing = np.full(4, np.nan)
    first, last = left.outermost, right.outermost
    if first < 0 or last < first:
        return nothing
    i, j, gain = best_days(left, right, series, knots)
    if gain <= 0:
        return nothing
    best_gain, best = _within_gaps(left, right, i, j, 0.0, 0.0, series)
    moved = True
    while moved:
        moved, centre_i, centre_j = False, i, j
        for low in range(max(centre_i - 1, first), centre_i + 2):
            for high in range(centre_j - 1, min(centre_j + 1, last) + 1):
                if low + 1 < high:
                    gaps = left.x[low + 1] - left.x[low], right.x[high] - right.x[high - 1]
                    gain, band = _within_gaps(left, right, low, high, gaps[0], gaps[1], series)
                    if gain > best_gain * (1 + LEAST_RISE):
                        best_gain, best, i, j, moved = gain, band, low, high, True
    return best


@njit(cache=True, nogil=True)
def pair_gain(left: Side, right: Side, i: int, j: int, series: int) -> float:
    """Fall of the residual sum of squares with knots at distinct temperatures i <= j."""
    one, two = left.unit_products[i, series], right.unit_products[j, series]
    shared = 0.0
    for k in range(left.unit_shadows.shape[1]):
        shared += left.unit_shadows[i, k] * right.unit_shadows[j, k]
    free = 1 - shared * shared
    if free < FLATTEST:
        return max(one * one, two * two)
    return (one * one + 2 * shared * one * two + two * two) / free


@njit(cache=True, nogil=True)
def best_days(left: Side, right: Side, series: int, knots: int) -> tuple[int, int, float]:
    """The best pair of about `knots` evenly spread days, moved in ever smaller steps while a pair near it is better.

    Returns:
        Numbers i <= j of distinct temperatures, and their gain.
    """
    first, last = left.outermost, right.outermost
    step = max(1, (last - first) // knots)
    best_i, best_j, gain, moved = first, last, 0.0, False
    for i in range(first, last + 1, step):
        for j in range(i, last + 1, step):
            here = pair_gain(left, right, i, j, series)
            if here > gain:
                best_i, best_j, gain = i, j, here
    while moved or step > 1:
        if not moved:
            step = max(1, step // WINDOW)
        moved, centre_i, centre_j = False, best_i, best_j
        for a in range(-WINDOW, WINDOW + 1):
            for b in range(-WINDOW, WINDOW + 1):
                i, j = centre_i + a * step, centre_j + b * step
                if first <= i <= j <= last:
                    here = pair_gain(left, right, i, j, series)
                    if here > gain:
                        best_i, best_j, gain, moved = i, j, here, True
    return best_i, best_j, gain


@njit(cache=True, nogil=True)
def _within_gaps(left, right, low, high, low_gap, high_gap, series):
    """Gain, and knots and slopes [4], with the knots up to a gap further in than those numbered `low` and `high`."""
    gram, product = np.zeros((4, 4)), np.empty(4)  # of h and v on the left, h and v on the right
    for a in range(2):
        for b in range(2):
            gram[a, b], gram[2 + a, 2 + b] = left.squares[low, a + b], right.squares[high, a + b]
            shared = -np.dot(left.shadows[low, a], right.shadows[high, b])
            gram[a, 2 + b] = gram[2 + b, a] = shared
        product[a], product[2 + a] = left.products[low, a, series], right.products[high, a, series]
    t = s = 0.0
    gain = before = -1.0
    for _ in range(TURNS):
        t, _ = _best_place(gram, product, 0, 2, s, low_gap)
        s, gain = _best_place(gram, product, 2, 0, t, high_gap)
        if gain <= before * (1 + LEAST_RISE):
            break
        before = gain
    columns = np.zeros((2, 4))
    columns[0, 0], columns[0, 1], columns[1, 2], columns[1, 3] = 1.0, t, 1.0, s
    inverse = inverse_cholesky(columns @ gram @ columns.T)
    slopes = inverse.T @ (inverse @ (columns @ product))
    return gain, np.array([left.x[low] + t, right.x[high] - s, -slopes[0], slopes[1]])


@njit(cache=True, nogil=True)
def _best_place(gram, product, own, other, other_place, gap):
    """How far in a knot is best when the other stays at `other_place`, and the gain of both."""
    other_column = np.zeros(4)
    other_column[other], other_column[other + 1] = 1.0, other_place
    shared = gram @ other_column
    length, share = np.dot(other_column, shared), np.dot(other_column, product)
    scale = 1 / length if length > 0 else 0.0
    hh = gram[own, own] - shared[own] ** 2 * scale
    hv = gram[own, own + 1] - shared[own] * shared[own + 1] * scale
    vv = gram[own + 1, own + 1] - shared[own + 1] ** 2 * scale
    rh, rv = product[own] - shared[own] * share * scale, product[own + 1] - shared[own + 1] * share * scale
    places = np.array([0.0, gap, 0.0])
    up, down = rv * hh - rh * hv, rh * vv - rv * hv
    if up * down > 0 and abs(up) < gap * abs(down):
        places[2] = up / down
    best, best_gain = 0.0, 0.0
    for place in places:
        left_over = hh + place * (2 * hv + place * vv)
        if left_over > FLATTEST * (gram[own, own] + place * (2 * gram[own, own + 1] + place * gram[own + 1, own + 1])):
            gain = (rh + place * rv) ** 2 / left_over
            if gain > best_gain:
                best, best_gain = place, gain
    return best, best_gain + share * share * scale
