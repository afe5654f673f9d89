import numpy as np
import pytest

from nbutils.climate.breakpoints.existence import breakpoint_test
from tests.climate.breakpoints.made_series import made_series


def test_f_is_the_largest_of_all_breakpoints():
    temperature, value, covariates = made_series(0, 120, rho=0.5, below=0.0, above=0.3)

    def rss(columns):
        design = np.column_stack([np.ones(120), temperature, covariates, *columns])
        return np.linalg.lstsq(design, value)[1][0], 120 - design.shape[1]

    line, _ = rss([])
    inner = np.quantile(temperature, [0.06, 0.94])
    fits = [rss([np.maximum(temperature - knot, 0)]) for knot in np.linspace(*inner, 4000)]
    expected = max((line - bent) / (bent / (left - 1)) for bent, left in fits)

    found = breakpoint_test(temperature, value, covariates, resamples=19)

    assert found.f == pytest.approx(expected, rel=0.01)
    assert found.f >= expected


def test_a_breakpoint_of_a_real_size_is_found_and_the_same_seed_gives_the_same():
    series = made_series(1, below=-0.5, above=0.9, rho=0.8)

    found = breakpoint_test(*series, resamples=99, seed=7)

    assert found.p == 0.01
    assert 0.6 < found.rho < 0.95
    assert found == breakpoint_test(*series, resamples=99, seed=7)


def test_a_line_and_effects_of_covariates_do_not_matter():
    temperature, value, covariates = made_series(2, 365, below=1.0, above=1.0, rho=0.6)

    found = breakpoint_test(temperature, value, covariates, resamples=99)
    moved = breakpoint_test(
        temperature, 5 + 3 * value - 2 * temperature + covariates.sum(axis=1), covariates, resamples=99
    )

    assert moved.f == pytest.approx(found.f)
    assert (moved.p, moved.order) == (found.p, found.order)


def test_values_on_a_line_are_refused():
    temperature, _, _ = made_series(3, 100)

    with pytest.raises(ValueError, match="the values lie on a straight line"):
        breakpoint_test(temperature, 3 - 2 * temperature)


@pytest.mark.slow
def test_straight_lines_are_rejected_as_often_as_the_level_says():
    rejected = sum(
        breakpoint_test(*made_series([seed, 6], 365, below=-1.0, above=-1.0, rho=0.8), resamples=99, seed=seed).p
        <= 0.05
        for seed in range(200)
    )

    assert 3 <= rejected <= 20
