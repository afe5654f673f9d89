import numpy as np
import pytest
from scipy import stats

from nbutils.statistics import mean_interval


def test_agrees_with_scipy():
    values = np.random.default_rng(0).normal(size=9)

    found = mean_interval(values, level=0.9)

    theirs = stats.ttest_1samp(values, 0).confidence_interval(0.9)
    assert found == pytest.approx((theirs.low, theirs.high))


def test_equal_values_have_an_interval_without_width():
    assert mean_interval([0.5, 0.5, 0.5]) == (0.5, 0.5)


def test_one_value_has_no_interval():
    with pytest.raises(ValueError, match="at least two values, not 1"):
        mean_interval([1.0])


@pytest.mark.parametrize("count", [4, 8, 32])
def test_interval_covers_the_mean(count):
    generator = np.random.default_rng(1)

    for samples, lowest in (
        (generator.normal(2, 1, (2000, count)), 0.935),
        (generator.gamma(4, 0.5, (2000, count)), 0.9),
    ):
        covered = [low <= 2 <= high for low, high in map(mean_interval, samples)]
        assert lowest <= np.mean(covered) <= 0.965
