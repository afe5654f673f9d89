"""Weighted cross-products of columns, from which every linear fit of a bootstrap follows without another pass."""

import numpy as np

NUMBERS_AT_ONCE = 2_000_000


def weighted_moments(columns: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Cross-products `columns.T @ diag(counts[r]) @ columns` of each resample, by matrix products over spans of days.

    Args:
        columns: [n, m] float64.
        counts: [R, n] how often each day is in each resample (or any weights).

    Returns:
        [R, m, m] symmetric.
    """
    width = columns.shape[1]
    first, second = np.triu_indices(width)
    upper = np.zeros((len(counts), len(first)))
    span = max(1, NUMBERS_AT_ONCE // len(first))
    for begin in range(0, len(columns), span):
        part = columns[begin : begin + span]
        upper += counts[:, begin : begin + span].astype(float) @ (part[:, first] * part[:, second])
    moments = np.empty((len(counts), width, width))
    moments[:, first, second] = upper
    moments[:, second, first] = upper
    return moments


def solved(moments: np.ndarray, penalty: np.ndarray) -> np.ndarray:
    """Coefficients of the penalised least-squares fit of the last column on the others.

    Columns without weight (a year or a weekday that is not in the resample) get a coefficient of zero.

    Args:
        moments: [..., p + 1, p + 1] as of `weighted_moments`, the response last.
        penalty: [p, p] quadratic penalty on the coefficients, added to the cross-products.

    Returns:
        [..., p].
    """
    gram, product = moments[..., :-1, :-1] + penalty, moments[..., :-1, -1]
    # A trifle on the diagonal: columns that a resample leaves empty or doubles would make the system singular.
    diagonal = np.einsum("...ii->...i", gram)
    ridge = 1e-9 * diagonal.max(-1, keepdims=True)
    gram = gram + np.eye(gram.shape[-1]) * ridge[..., None]
    return np.linalg.solve(gram, product[..., None])[..., 0]


def squared_error(moments: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
    """Weighted residual sum of squares of coefficients [..., p] on the days behind moments [..., p + 1, p + 1]."""
    with_response = np.concatenate([-coefficients, np.ones((*coefficients.shape[:-1], 1))], axis=-1)
    return np.einsum("...i,...ij,...j->...", with_response, moments, with_response)
