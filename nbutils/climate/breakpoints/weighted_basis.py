"""The days of a bootstrap replicate, and their columns made orthonormal under its weights."""

import numpy as np
from numba import njit

DEPENDENT = 1e-10


@njit(cache=True, nogil=True)
def drawn_days(
    x: np.ndarray, columns: np.ndarray, values: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The days with a positive weight.

    Args:
        x: [n].
        columns: [n, p].
        values: [n, m].
        weights: [n] counts or other weights.

    Returns:
        x [k], columns [k, p], values [k, m] and weights [k] (float64) of the k days that were drawn.
    """
    n, kept = len(x), 0
    kept_x, kept_weights = np.empty(n), np.empty(n)
    kept_columns, kept_values = np.empty(columns.shape), np.empty(values.shape)
    for i in range(n):
        if weights[i] > 0:
            kept_x[kept], kept_weights[kept] = x[i], weights[i]
            kept_columns[kept] = columns[i]
            kept_values[kept] = values[i]
            kept += 1
    return kept_x[:kept], kept_columns[:kept], kept_values[:kept], kept_weights[:kept]


@njit(cache=True, nogil=True)
def weighted_basis(columns: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, float]:
    """Combinations of columns that are orthonormal under weights, each of a column and those before it.

    A column that the weights leave empty or dependent (a year of which no day was drawn) becomes zeros. Columns that
    are orthonormal without weights keep the cross-products well conditioned, so that no QR is needed.

    Args:
        columns: [n, p].
        weights: [n] not negative.

    Returns:
        [n, p] basis Q with Q' W Q = I, and the coefficient of the last column in the last of the basis (zero where it
        is dependent).
    """
    inverse = inverse_cholesky(columns.T @ (columns * weights.reshape(-1, 1)))
    return columns @ inverse.T, inverse[-1, -1]


@njit(cache=True, nogil=True)
def left_over(basis: np.ndarray, weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Residuals [n, m] of `values` [n, m] after weighted least squares on `basis` [n, p]."""
    return values - basis @ (basis.T @ (values * weights.reshape(-1, 1)))


@njit(cache=True, nogil=True)
def inverse_cholesky(gram: np.ndarray) -> np.ndarray:
    """Inverse [p, p] of the lower Cholesky factor of `gram` [p, p], with rows of zeros for dependent columns."""
    p = len(gram)
    factor, inverse = np.zeros((p, p)), np.zeros((p, p))
    for i in range(p):
        for j in range(i):
            if factor[j, j] > 0:
                factor[i, j] = (gram[i, j] - np.dot(factor[i, :j], factor[j, :j])) / factor[j, j]
        pivot = gram[i, i] - np.dot(factor[i, :i], factor[i, :i])
        if pivot > DEPENDENT * max(gram[i, i], DEPENDENT):
            factor[i, i] = np.sqrt(pivot)
            inverse[i, i] = 1 / factor[i, i]
            for j in range(i):
                inverse[i, j] = -np.dot(factor[i, j:i], inverse[j:i, j].copy()) / factor[i, i]
    return inverse
