"""The best knot of one hinge, by running sums over days sorted by temperature.

A hinge h(c) = |x - c| of the days on one side of c lowers the residual sum of squares by

    (r'h)^2 / (h'h - |Q'h|^2),

with r the residuals of the fit without it and Q the orthonormal columns of that fit (products are weighted). Between
two neighbouring days h is linear in c: h = h0 + t v, v the indicator of the days on that side and t the distance from
the last of them. So the gain is (A + tB)^2 / (P + 2tR + t^2 S), whose one maximum is at t = (BP - AR) / (AS - BR): the
intersection of Hudson's two regressions (1966), for any number of covariates. All sums pass from day to day in O(p).
With a line in the span of Q, the hinges of both sides give the same fit, and each half of the days is scanned from its
outer end, where the sums are small.
"""

import numpy as np
from numba import njit

FLATTEST = 1e-10  # share of a hinge that the other columns have to leave


@njit(cache=True, nogil=True)
def best_hinge(
    x: np.ndarray, weights: np.ndarray, basis: np.ndarray, residuals: np.ndarray, fewest: float
) -> tuple[np.ndarray, np.ndarray]:
    """The knot that lowers the residual sum of squares most, for several series.

    Args:
        x: [n] ascending.
        weights: [n] positive.
        basis: [n, p] orthonormal under the weights; a constant and x are in its span.
        residuals: [n, m] of m series on the basis.
        fewest: weight of the days at or below and at or above the knot, at least.

    Returns:
        Fall of the residual sum of squares [m] and knot [m]; zero and NaN where no knot is allowed.
    """
    gain, knot = np.zeros(residuals.shape[1]), np.full(residuals.shape[1], np.nan)
    _scan(x, weights, basis, residuals, fewest, 1, gain, knot)
    _scan(x, weights, basis, residuals, fewest, -1, gain, knot)
    return gain, knot


@njit(cache=True, nogil=True)
def _scan(x, weights, basis, residuals, fewest, step, gain, knot):
    """Half of the days, from the first (step 1) or from the last (step -1)."""
    n, p = basis.shape
    m = residuals.shape[1]
    total = weights.sum()
    v, h = np.zeros(p), np.zeros(p)  # Q'v, Q'h
    rv, rh = np.zeros(m), np.zeros(m)  # r'v, r'h
    vv = hv = hh = 0.0
    day = 0 if step == 1 else n - 1
    for _ in range(n - 1):
        if vv > total / 2:
            break
        weight = weights[day]
        vv += weight
        for k in range(p):
            v[k] += weight * basis[day, k]
        for s in range(m):
            rv[s] += weight * residuals[day, s]
        gap = abs(x[day + step] - x[day])
        if vv >= fewest and total - vv >= fewest and gap > 0:
            hh_left, hv_left, vv_left = hh, hv, vv
            for k in range(p):
                hh_left -= h[k] * h[k]
                hv_left -= h[k] * v[k]
                vv_left -= v[k] * v[k]
            for s in range(m):
                if hh_left > FLATTEST * hh:
                    at_day = rh[s] * rh[s] / hh_left
                    if at_day > gain[s]:
                        gain[s], knot[s] = at_day, x[day]
                up, down = rv[s] * hh_left - rh[s] * hv_left, rh[s] * vv_left - rv[s] * hv_left
                if up * down > 0 and abs(up) < gap * abs(down):
                    t = up / down
                    left = hh_left + t * (2 * hv_left + t * vv_left)
                    if left > FLATTEST * (hh + t * (2 * hv + t * vv)):
                        between = (rh[s] + t * rv[s]) ** 2 / left
                        if between > gain[s]:
                            gain[s], knot[s] = between, x[day] + step * t
        hh += gap * (2 * hv + gap * vv)
        hv += gap * vv
        for k in range(p):
            h[k] += gap * v[k]
        for s in range(m):
            rh[s] += gap * rv[s]
        day += step
