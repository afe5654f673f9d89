"""Tricube-weighted straight lines through the neighbours of each point: the inner loop of LOWESS.

On either side of its centre the tricube weight is a polynomial of degree 9 in the distance, and a line needs it times
distance² at most. What a block of points on one side adds is therefore a sum of polynomials of degree 11, which twelve
weighted nodes give exactly, up to rounding as in any sum. A block of points that lies within the neighbourhood and on
one side of its centre is read as its twelve nodes, everything else point by point.
"""

import numpy as np
from numba import njit

NODES = 12
SMALLEST_BLOCK = 16  # fewer points than this are read as fast as nodes
NEGLIGIBLE_WEIGHT = 1e-12  # of a point in a line
NARROWEST = 1e-12  # squared spread of x in squared radii, below which points do not tell a slope
# Where the weights within a neighbourhood sum to less than this share of what they would at its centre, or x spreads
# less than this (in squared radii), the fast sums have lost digits and the line is fitted again in two passes.
LIGHT = 1e-4
NARROW = 1e-3

_ANGLES = (np.arange(NODES) + 0.5) * np.pi / NODES
_CHEBYSHEV_NODES = np.cos(_ANGLES)
# [node, degree]: the discrete orthogonality of Chebyshev polynomials turns their sums into weights of the nodes.
_NODE_WEIGHTS = np.cos(np.arange(NODES) * _ANGLES[:, None]) * np.where(np.arange(NODES) == 0, 1, 2) / NODES


@njit(cache=True, nogil=True)
def neighbourhoods(
    points: np.ndarray, value_of_point: np.ndarray, values: np.ndarray, centres: np.ndarray, k: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The k points nearest to each centre.

    Args:
        points: [n] sorted.
        value_of_point: [n] position of each point among the values.
        values: [d] distinct points, sorted.
        centres: [m] positions among the values, sorted.
        k: number of neighbours, at most n.

    Returns:
        first: [m] position of the leftmost neighbour among the values.
        last: [m] one past the position of the rightmost one.
        radius: [m] distance to the farthest one.
    """
    first = np.empty(centres.size, np.int64)
    last = np.empty(centres.size, np.int64)
    radius = np.empty(centres.size)
    left = 0
    for i in range(centres.size):
        at = values[centres[i]]
        while left + k < points.size and at > (points[left] + points[left + k]) / 2:
            left += 1
        first[i] = value_of_point[left]
        last[i] = value_of_point[left + k - 1] + 1
        radius[i] = max(at - points[left], points[left + k - 1] - at)
    return first, last, radius


@njit(cache=True, nogil=True)
def local_lines(
    values: np.ndarray,
    weight: np.ndarray,
    weighted_y: np.ndarray,
    heaviest: np.ndarray,
    mean_y: np.ndarray,
    centres: np.ndarray,
    first: np.ndarray,
    last: np.ndarray,
    radius: np.ndarray,
) -> np.ndarray:
    """Value at each centre of the weighted least-squares line through its neighbours.

    Args:
        values: [d] distinct x, sorted.
        weight: [d] sum over the points at each value of their robustness weights.
        weighted_y: [d] the same of weight times y.
        heaviest: [d, 2] the two largest weights at each value, 0 where there is one point.
        mean_y: [d] plain mean of y at each value, the fit where fewer than two points have weight.
        centres: [m] positions of the centres among the values.
        first: [m] from `neighbourhoods`, as are `last` and `radius`.
        last: [m].
        radius: [m]; where it is 0 all neighbours are at the centre and the fit is their weighted mean.

    Returns:
        [m] fits.
    """
    size = max(SMALLEST_BLOCK, int(np.sqrt(NODES / 2 * np.mean(last - first))))
    node, node_weight, node_weighted_y = _condensed(values, weight, weighted_y, size)
    weight_before = np.zeros(values.size + 1)
    weight_before[1:] = np.cumsum(weight)
    fits, sums = np.empty(centres.size), np.empty(5)
    for i in range(centres.size):
        at, low, high = values[centres[i]], first[i], last[i]
        scale = 1 / radius[i] if radius[i] > 0 else 0.0
        sums[:] = 0
        # Whole blocks within the neighbourhood, and among them the one with points on both sides of the centre.
        begin, end = -(-low // size), high // size
        if begin < end:
            before = min(max(centres[i] // size, begin), end)
            after = min(max(centres[i] // size + 1, begin), end)
            _add_sums(sums, node, node_weight, node_weighted_y, at, scale, begin * NODES, before * NODES)
            _add_sums(sums, node, node_weight, node_weighted_y, at, scale, after * NODES, end * NODES)
            _add_sums(sums, values, weight, weighted_y, at, scale, low, begin * size)
            _add_sums(sums, values, weight, weighted_y, at, scale, before * size, after * size)
            _add_sums(sums, values, weight, weighted_y, at, scale, end * size, high)
        else:
            _add_sums(sums, values, weight, weighted_y, at, scale, low, high)
        total = sums[0]
        if total > 100 * LIGHT and total > LIGHT * (weight_before[high] - weight_before[low]):
            mean_u, fit = sums[1] / total, sums[3] / total
            variance = sums[2] / total - mean_u * mean_u
            if variance > NARROW:
                fits[i] = fit - mean_u * (sums[4] / total - mean_u * fit) / variance
                continue
        fits[i] = _careful_line(values, weight, weighted_y, heaviest, mean_y[centres[i]], at, scale, low, high)
    return fits


# Reassociation lets the compiler sum in vector lanes; it changes the order of the sum and nothing else.
@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def _add_sums(sums, x, weight, weighted_y, at, scale, begin, end):
    """Adds tricube-weighted sums of 1, u, u², y and u·y over x[begin:end], with u = (x - at) · scale."""
    s0, s1, s2, t0, t1 = 0.0, 0.0, 0.0, 0.0, 0.0
    for j in range(begin, end):
        u = (x[j] - at) * scale
        tricube = max(1 - abs(u * u * u), 0.0)
        tricube *= tricube * tricube
        s0 += tricube * weight[j]
        s1 += tricube * weight[j] * u
        s2 += tricube * weight[j] * u * u
        t0 += tricube * weighted_y[j]
        t1 += tricube * weighted_y[j] * u
    sums[0] += s0
    sums[1] += s1
    sums[2] += s2
    sums[3] += t0
    sums[4] += t1


@njit(cache=True, nogil=True)
def _condensed(x, weight, weighted_y, size):
    """Nodes [blocks · NODES] of the whole blocks of `size` values, and their weights for sums without and with y."""
    blocks = x.size // size
    node, node_weight, node_weighted_y = np.empty((3, blocks * NODES))
    chebyshev = np.empty(NODES)
    for block in range(blocks):
        begin, end = block * size, (block + 1) * size
        centre, reach = (x[end - 1] + x[begin]) / 2, (x[end - 1] - x[begin]) / 2
        moments, moments_y = np.zeros((2, NODES))
        for j in range(begin, end):
            z = (x[j] - centre) / reach
            chebyshev[0], chebyshev[1] = 1.0, z
            for degree in range(2, NODES):
                chebyshev[degree] = 2 * z * chebyshev[degree - 1] - chebyshev[degree - 2]
            for degree in range(NODES):
                moments[degree] += weight[j] * chebyshev[degree]
                moments_y[degree] += weighted_y[j] * chebyshev[degree]
        for i in range(NODES):
            node[block * NODES + i] = centre + reach * _CHEBYSHEV_NODES[i]
            node_weight[block * NODES + i] = np.sum(_NODE_WEIGHTS[i] * moments)
            node_weighted_y[block * NODES + i] = np.sum(_NODE_WEIGHTS[i] * moments_y)
    return node, node_weight, node_weighted_y


@njit(cache=True, nogil=True)
def _careful_line(x, weight, weighted_y, heaviest, mean_y, at, scale, begin, end):
    """The same fit in two passes, about the mean of x, or `mean_y` where fewer than two points have weight."""
    tricube = (1 - np.minimum(np.abs((x[begin:end] - at) * scale), 1.0) ** 3) ** 3
    points, total, mean_u, fit = 0, 0.0, 0.0, 0.0
    for j in range(begin, end):
        points += np.sum(tricube[j - begin] * heaviest[j] > NEGLIGIBLE_WEIGHT)
        total += tricube[j - begin] * weight[j]
        mean_u += tricube[j - begin] * weight[j] * (x[j] - at) * scale
        fit += tricube[j - begin] * weighted_y[j]
    if points < 2:
        return mean_y
    mean_u, fit = mean_u / total, fit / total
    variance, covariance = 0.0, 0.0
    for j in range(begin, end):
        u = (x[j] - at) * scale - mean_u
        variance += tricube[j - begin] * weight[j] * u * u
        covariance += tricube[j - begin] * (weighted_y[j] - weight[j] * fit) * u
    return fit - mean_u * (covariance / total) / max(variance / total, NARROWEST)
