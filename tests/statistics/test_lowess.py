import warnings

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from statsmodels.nonparametric.smoothers_lowess import lowess as statsmodels_lowess

from nbutils.statistics.lowess import lowess, lowess_curve, neighbours, robust_fit, robustness_weights, weighted_fit


def draw_x(kind, n, generator):
    """Positions whose spacing is at least a thousandth: statsmodels' absolute limits are meant for such units."""
    if kind == "uniform":
        return np.round(generator.random(n) * 10, 3)
    if kind == "skewed":
        return np.round(np.exp(generator.normal(5, 1, n)), 2)
    if kind == "clustered":
        return np.round(generator.choice([0, 7, 5000], n) + generator.normal(0, 0.5, n), 3)
    if kind == "tied":
        return np.round(np.exp(generator.normal(2, 0.7, n)))
    return -np.sort(generator.integers(0, 4 * n, n)).astype(float)


def draw_y(x, generator, outliers):
    y = np.sin(x) + generator.normal(0, 0.5, x.size)
    far = generator.random(x.size) < (0.15 if outliers else 0)
    return np.where(far, generator.standard_cauchy(x.size) * 100, y)


def by_statsmodels(x, y, frac, iterations, delta):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # statsmodels divides by a radius of zero where neighbours are tied
        return statsmodels_lowess(y, x, frac=frac, it=iterations, delta=delta, return_sorted=False)


def by_definition(x, y, frac, iterations):
    """Cleveland's definition point by point; the fit is the weighted mean where no neighbour is elsewhere."""
    k = min(max(int(frac * x.size + 1e-10), 2), x.size)
    robust = np.ones(x.size)
    for _ in range(iterations + 1):
        fitted = np.empty(x.size)
        for i, at in enumerate(x):
            distance = np.abs(x - at)
            radius = np.sort(distance)[k - 1]
            inside = distance <= radius
            ratio = distance[inside] / radius if radius > 0 else distance[inside]
            weight = (1 - ratio**3) ** 3 * robust[inside]
            if np.sum(weight > 1e-12) < 2:
                fitted[i] = y[x == at].mean()
                continue
            u, v = x[inside] - at, y[inside]
            mean = np.average(u, weights=weight)
            spread = np.average((u - mean) ** 2, weights=weight)
            slope = np.average((u - mean) * v, weights=weight) / max(spread, 1e-12 * radius**2) if spread else 0
            fitted[i] = np.average(v, weights=weight) - mean * slope
        sizes = np.abs(y - fitted)
        reach = 6 * np.median(sizes)
        robust = (1 - np.minimum(sizes / reach, 1) ** 2) ** 2 if reach > 0 else (sizes == 0).astype(float)
    return fitted


def rounding_decides(n, frac, iterations):
    """Whether lines may pass through their few points exactly: what is left is rounding, by which robust weights go."""
    return iterations > 0 and frac * n < 20


def smallest_radius(x, frac):
    return neighbours(x, frac=frac).radius.min()


@settings(max_examples=300)
@given(
    kind=st.sampled_from(["uniform", "skewed", "clustered", "tied", "descending"]),
    n=st.one_of(st.integers(1, 12), st.integers(13, 400)),
    frac=st.floats(0.01, 1),
    iterations=st.integers(0, 4),
    delta_share=st.sampled_from([0, 0, 0.001, 0.01, 0.1, 0.5, 2]),
    outliers=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
def test_agrees_with_statsmodels(kind, n, frac, iterations, delta_share, outliers, seed):
    generator = np.random.default_rng(seed)
    x = draw_x(kind, n, generator)
    y = draw_y(x, generator, outliers)
    assume(smallest_radius(x, frac) > 0 or np.unique(x).size == n)
    # Of tied points that all are outliers, the reference keeps the first and its order, `lowess` the mean.
    assume(not (kind == "tied" and outliers and iterations > 0))
    assume(not rounding_decides(n, frac, iterations))

    fitted = lowess(x, y, frac=frac, iterations=iterations, delta=delta_share * np.ptp(x))

    expected = by_statsmodels(x, y, frac, iterations, delta_share * np.ptp(x))
    np.testing.assert_allclose(fitted, expected, rtol=0, atol=1e-7 * np.abs(y).max())


@settings(max_examples=100)
@given(
    kind=st.sampled_from(["uniform", "skewed", "clustered", "tied"]),
    n=st.integers(1, 120),
    frac=st.floats(0.01, 1),
    iterations=st.integers(0, 3),
    outliers=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
def test_agrees_with_the_definition_also_where_all_neighbours_are_tied(kind, n, frac, iterations, outliers, seed):
    assume(not rounding_decides(n, frac, iterations))
    generator = np.random.default_rng(seed)
    x = draw_x(kind, n, generator)
    y = draw_y(x, generator, outliers)

    fitted = lowess(x, y, frac=frac, iterations=iterations)

    np.testing.assert_allclose(fitted, by_definition(x, y, frac, iterations), rtol=0, atol=1e-8 * np.abs(y).max())


# Neighbourhoods of hundreds of distinct values, which are read as nodes; widths differ 10^4-fold in the skewed ones.
@pytest.mark.parametrize("kind", ["uniform", "skewed", "clustered"])
@pytest.mark.parametrize("frac", [0.1, 0.5, 1.0])
def test_nodes_are_exact(kind, frac):
    generator = np.random.default_rng(1)
    x = draw_x(kind, 2500, generator) + generator.random(2500) / 100
    y = draw_y(x, generator, outliers=True)

    fitted = lowess(x, y, frac=frac, iterations=2)

    expected = by_statsmodels(x, y, frac, 2, 0.0)
    np.testing.assert_allclose(fitted, expected, rtol=0, atol=1e-10 * np.abs(y).max())


def test_far_origins_and_small_units_cost_no_digits():
    generator = np.random.default_rng(2)
    x = np.round(np.exp(generator.normal(0, 1, 1500)), 6)
    y = np.sin(x) + generator.normal(size=x.size)
    fitted = lowess(x, y, frac=0.2)

    np.testing.assert_allclose(lowess(x * 1e-9, y, frac=0.2), fitted, atol=1e-9)
    np.testing.assert_allclose(lowess(x + 2.0**20, y, frac=0.2), fitted, atol=1e-5)  # x itself has lost digits
    np.testing.assert_allclose(lowess(x, 1e-6 * y + 1e3, frac=0.2), 1e-6 * fitted + 1e3, rtol=1e-13)


@given(
    n=st.integers(2, 80),
    frac=st.floats(0.05, 1),
    delta=st.sampled_from([0.0, 0.5, 3.0]),
    slope=st.floats(-5, 5),
    shift=st.floats(-100, 100),
    seed=st.integers(0, 2**32 - 1),
)
def test_invariances(n, frac, delta, slope, shift, seed):
    """Order of points, units of x and y, and a line added to y, which local lines take up whole."""
    generator = np.random.default_rng(seed)
    x = generator.integers(0, 3 * n, n).astype(float)
    y = generator.normal(size=n)
    order = generator.permutation(n)
    fitted = lowess(x, y, frac=frac, delta=delta)

    def close(other, expected):
        np.testing.assert_allclose(other, expected, rtol=0, atol=1e-7)

    close(lowess(x[order], y[order], frac=frac, delta=delta), fitted[order])
    close(lowess(4 * x - 64, y, frac=frac, delta=4 * delta), fitted)
    close(lowess(x, 3 * y + shift, frac=frac, delta=delta), 3 * fitted + shift)
    if neighbours(x, frac=frac).radius.min() > 0:
        close(lowess(x, y + slope * x, frac=frac, delta=delta), fitted + slope * x)


def test_where_all_neighbours_are_tied_statsmodels_follows_the_order_of_rows_and_this_does_not():
    x = np.array([1.0, 1.0, 1.0, 1.0, 9.0, 9.0, 9.0, 9.0])
    y = np.array([0.0, 1.0, 2.0, 3.0, 5.0, 5.0, 6.0, 8.0])

    assert np.array_equal(lowess(x, y, frac=0.5, iterations=0), np.repeat([1.5, 6.0], 4))
    assert by_statsmodels(x, y, 0.5, 0, 0.0)[0] in y  # some point's own y


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("n", [1, 2, 30])
def test_all_equal_x_give_the_mean(n):
    y = np.random.default_rng(3).normal(size=n)

    assert lowess(np.full(n, 7.0), y, iterations=0) == pytest.approx(np.full(n, y.mean()))


def test_a_curve_that_more_than_half_of_the_points_lie_on_is_followed():
    x = np.arange(40.0)
    y = np.where(np.arange(40) % 5 == 2, 50.0, 2.0)

    fitted = lowess(x, y + 0.1, frac=0.4, iterations=6)

    assert np.median(np.abs(fitted - 2.1)) < 1e-12


def test_outliers_are_left_out():
    generator = np.random.default_rng(4)
    x = np.sort(generator.random(400) * 6)
    y = np.sin(x) + generator.normal(0, 0.1, x.size)
    y[::10] += 30

    assert np.abs(lowess(x, y, frac=0.3, iterations=3) - np.sin(x)).max() < 0.3
    assert np.abs(lowess(x, y, frac=0.3, iterations=0) - np.sin(x)).max() > 2


def test_curve_and_rounds_are_those_of_lowess():
    generator = np.random.default_rng(5)
    x = generator.integers(0, 60, 300).astype(float)
    y = np.cos(x / 9) + generator.normal(size=300)
    values, fitted = lowess_curve(x, y, frac=0.3)
    design = neighbours(x, frac=0.3)
    first = weighted_fit(design, y, np.ones(300))
    second = weighted_fit(design, y, robustness_weights(y, first[design.value_of_point]))

    assert np.array_equal(values, np.unique(x))
    assert np.array_equal(np.interp(x, values, fitted), lowess(x, y, frac=0.3))
    np.testing.assert_allclose(second, robust_fit(design, y, 1), atol=1e-12)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"frac": 0.0}, "frac is 0.0"),
        ({"frac": 1.1}, "frac is 1.1"),
        ({"frac": float("nan")}, "frac is nan"),
        ({"delta": -1.0}, "delta is -1.0"),
        ({"delta": float("inf")}, "delta is inf"),
        ({"iterations": -1}, "iterations is -1"),
        ({"x": [1.0, float("nan"), 2.0]}, r"x\[1\] is nan"),
        ({"y": [1.0, 2.0, float("-inf")]}, r"y\[2\] is -inf"),
        ({"x": [1.0, 2.0]}, "x has 2 values and y has 3"),
        ({"x": [[1.0, 2.0, 3.0]]}, r"x has shape \(1, 3\)"),
        ({"x": [], "y": []}, r"x has shape \(0,\)"),
    ],
)
def test_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        lowess(**({"x": [1.0, 2.0, 3.0], "y": [1.0, 2.0, 3.0]} | arguments))
