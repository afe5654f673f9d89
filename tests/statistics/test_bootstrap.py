import numpy as np
import pytest
from scipy import stats

from nbutils.statistics import percentile_interval, resampled_sums


def ratio(sums):
    return sums[..., 0] / sums[..., 1]


def test_agrees_with_scipy():
    generator = np.random.default_rng(0)
    tokens = generator.integers(50, 200, 60).astype(float)
    hits = generator.binomial(tokens.astype(int), 0.3).astype(float)

    low, high = percentile_interval(ratio(resampled_sums(np.stack([hits, tokens], -1), 20_000, seed=1)))

    theirs = stats.bootstrap(
        (hits, tokens),
        lambda h, n, axis: h.sum(axis) / n.sum(axis),
        paired=True,
        method="percentile",
        n_resamples=20_000,
        rng=np.random.default_rng(2),
    ).confidence_interval
    assert low == pytest.approx(theirs.low, abs=0.002)
    assert high == pytest.approx(theirs.high, abs=0.002)


def test_same_seed_same_samples_and_totals_keep_the_number_of_clusters():
    sums = np.ones((7, 3))

    samples = resampled_sums(sums, 50, seed=3)

    assert np.array_equal(samples, resampled_sums(sums, 50, seed=3))
    assert np.array_equal(samples, np.full((50, 3), 7.0))


def test_one_cluster_has_no_interval():
    with pytest.raises(ValueError, match="1 cluster is too few"):
        resampled_sums(np.ones((1, 2)), 10, seed=0)


@pytest.mark.parametrize("clusters", [20, 80])
def test_interval_covers_the_truth_for_tokens_that_cluster_in_passages(clusters):
    """Simulation: each passage has its own rate, as passages of different domains have."""
    generator = np.random.default_rng(4)
    covered, naive = 0, 0
    for trial in range(600):
        tokens = generator.integers(30, 250, clusters)
        rates = generator.beta(3, 7, clusters)
        sums = np.stack([generator.binomial(tokens, rates), tokens], -1).astype(float)
        low, high = percentile_interval(ratio(resampled_sums(sums, 400, seed=trial)))
        covered += low <= 0.3 <= high
        share, width = ratio(sums.sum(0)), 1.96 * np.sqrt(0.21 / tokens.sum())
        naive += abs(share - 0.3) <= width
    assert 0.89 <= covered / 600 <= 0.98
    assert naive / 600 < 0.6  # what ignoring the passages would give
