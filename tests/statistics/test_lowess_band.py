import numpy as np
import pytest

from nbutils.statistics.lowess import lowess_curve
from nbutils.statistics.lowess_band import lowess_band, resampled_curves

GRID = np.array([2.0, 5.0, 8.0])


def draw(generator, groups=60, size=4):
    """Points of a group share a displacement and lie close together, as the days of a week do."""
    group = np.repeat(np.arange(groups), size)
    x = np.repeat(generator.random(groups) * 10, size) + generator.random(groups * size) * 0.2
    y = np.sin(x) + np.repeat(generator.normal(0, 0.5, groups), size) + generator.normal(0, 0.2, groups * size)
    return x, y, group


def test_fit_is_the_curve_on_the_grid_and_lies_within_the_band():
    x, y, group = draw(np.random.default_rng(0))

    band = lowess_band(x, y, group, GRID, frac=0.4)

    np.testing.assert_allclose(band["fit"], np.interp(GRID, *lowess_curve(x, y, frac=0.4)))
    assert list(band.columns) == ["x", "fit", "low", "high"]
    assert ((band["low"] < band["fit"]) & (band["fit"] < band["high"])).all()
    assert np.array_equal(band, lowess_band(x, y, group, GRID, frac=0.4))
    narrow = lowess_band(x, y, group, GRID, frac=0.4, level=0.5)
    assert (narrow["high"] - narrow["low"] < band["high"] - band["low"]).all()


def test_whole_groups_are_drawn():
    group = np.array(["b", "a", "b", "c", "a", "b"])

    samples = resampled_curves(group, lambda rows: np.bincount(rows, minlength=6), resamples=500, seed=1)

    assert np.array_equal(samples[:, 0], samples[:, 2])
    assert np.array_equal(samples[:, 0], samples[:, 5])
    assert np.array_equal(samples[:, 1], samples[:, 4])
    assert (samples[:, 0] + samples[:, 1] + samples[:, 3] == 3).all()
    assert len(np.unique(samples, axis=0)) == 10  # ways of drawing three of three


def test_one_group_has_no_band():
    with pytest.raises(ValueError, match="1 group is too few"):
        lowess_band(np.arange(9.0), np.arange(9.0), np.zeros(9), GRID)


@pytest.mark.slow
def test_band_covers_where_points_of_a_group_go_together():
    """Simulation: 100 draws of 60 groups; a band that took points one by one would cover far too little."""
    generator = np.random.default_rng(2)
    expected = np.mean([np.interp(GRID, *lowess_curve(*draw(generator)[:2], frac=0.4)) for _ in range(1000)], axis=0)
    covered, naive = [], []
    for trial in range(100):
        x, y, group = draw(generator)
        for groups, hits in ((group, covered), (np.arange(x.size), naive)):
            band = lowess_band(x, y, groups, GRID, frac=0.4, resamples=100, seed=trial)
            hits.append((band["low"] <= expected) & (expected <= band["high"]))
    assert 0.87 < np.mean(covered) < 0.99
    assert np.mean(naive) < 0.75
