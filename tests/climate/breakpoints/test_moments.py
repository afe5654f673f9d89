import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbutils.climate.breakpoints.moments import solved, squared_error, weighted_moments


@given(st.integers(0, 10_000))
def test_fits_from_moments_are_those_of_repeated_rows(seed):
    generator = np.random.default_rng(seed)
    columns = generator.normal(size=(30, 4))
    counts = generator.integers(0, 4, (3, 30))

    moments = weighted_moments(columns, counts)
    coefficients = solved(moments, np.zeros((3, 3)))

    for row, repeats in enumerate(counts):
        drawn = np.repeat(columns, repeats, axis=0)
        expected, error, *_ = np.linalg.lstsq(drawn[:, :-1], drawn[:, -1])
        np.testing.assert_allclose(coefficients[row], expected, rtol=1e-5, atol=1e-5)
        assert squared_error(moments[row], coefficients[row]) == pytest.approx(error[0])


def test_a_column_without_weight_has_no_effect():
    columns = np.column_stack([np.ones(6), [0, 0, 0, 0, 0, 1], np.arange(6.0)])

    coefficients = solved(weighted_moments(columns, np.array([[1, 1, 1, 1, 1, 0]])), np.zeros((2, 2)))

    np.testing.assert_allclose(coefficients, [[2, 0]], atol=1e-6)


def test_the_penalty_is_ridge_regression():
    generator = np.random.default_rng(0)
    columns = generator.normal(size=(20, 3))
    x, y = columns[:, :2], columns[:, 2]

    coefficients = solved(weighted_moments(columns, np.ones((1, 20))), 3 * np.eye(2))

    np.testing.assert_allclose(coefficients[0], np.linalg.solve(x.T @ x + 3 * np.eye(2), x.T @ y), rtol=1e-6)
