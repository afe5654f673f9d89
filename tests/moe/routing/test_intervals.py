import numpy as np
import pytest
from scipy.stats import binomtest, t

from nbutils.moe.routing.intervals import clustered_share_interval, effective_tokens, jackknife


def mean(totals):
    return totals[..., 0] / totals[..., 1]


def test_the_jackknife_of_a_mean_is_students_interval():
    values = np.random.default_rng(0).normal(size=12)

    estimate, low, high = jackknife(np.stack([values, np.ones(12)], axis=1), mean)

    reach = t.ppf(0.975, 11) * values.std(ddof=1) / np.sqrt(12)
    np.testing.assert_allclose([estimate, low, high], values.mean() + np.array([0, -reach, reach]))


def test_the_jackknife_takes_the_bias_of_a_square_off():
    values = np.random.default_rng(0).normal(size=20)

    estimate, _, _ = jackknife(np.stack([values, np.ones(20)], axis=1), lambda totals: mean(totals) ** 2)

    assert estimate == pytest.approx(values.mean() ** 2 - values.var(ddof=1) / 20)


def test_strata_are_left_out_of_by_themselves():
    values, strata = np.random.default_rng(0).normal(size=11), np.array([0] * 5 + [1] * 6)
    sums = np.stack([values, np.ones(11)], axis=1)

    estimate, low, _ = jackknife(sums, lambda totals: np.subtract(*mean(totals)), strata)

    one, two = values[:5], values[5:]
    error = np.sqrt(one.var(ddof=1) / 5 + two.var(ddof=1) / 6)
    assert estimate == pytest.approx(one.mean() - two.mean())
    assert low == pytest.approx(one.mean() - two.mean() - t.ppf(0.975, 9) * error)


def test_one_cluster_is_too_few():
    with pytest.raises(ValueError, match="give at least two passages"):
        jackknife(np.ones((1, 2)), mean)
    assert np.isnan(jackknife(np.ones((3, 2)), lambda totals: mean(totals).sum(), np.array([0, 0, 1]))).all()


def test_passages_of_one_token_are_clopper_and_pearsons_tokens():
    hits = np.r_[np.ones(7), np.zeros(43)]

    low, high = clustered_share_interval(hits, np.ones(50), effective=np.array(50.0))

    exact = binomtest(7, 50).proportion_ci(method="exact")
    assert (low, high) == (pytest.approx(exact.low), pytest.approx(exact.high))


def test_tokens_that_go_together_by_passage_are_worth_one():
    hits = np.r_[np.full(10, 20.0), np.zeros(30)]

    assert effective_tokens(hits, np.full(40, 20.0)) == pytest.approx(39)


@pytest.mark.parametrize(("hits", "bounds"), [(0.0, (0.0, 0.2)), (30.0, (0.8, 1.0))])
def test_a_share_of_nothing_or_all_counts_passages(hits, bounds):
    low, high = clustered_share_interval(np.full(20, hits), np.full(20, 30.0))

    assert bounds[0] <= low < high <= bounds[1]
    assert (low == 0) == (hits == 0)
    assert (high == 1) == (hits > 0)


def test_fewer_than_two_passages_tell_nothing():
    hits, tokens = np.array([[3.0, 1], [2, 0]]), np.array([[9.0, 9], [9, 0]])

    low, high = clustered_share_interval(hits, tokens)

    assert (low[1], high[1]) == (0, 1)
    assert 0 < low[0] < 5 / 18 < high[0] < 1


def covered(shares, generator, samples=300, passages=25):
    """Share of samples whose interval covers, for passages that differ in their share (beta) and length."""
    lengths = generator.integers(20, 120, (samples, passages))
    own = generator.beta(shares * 15, (1 - shares) * 15, (samples, passages))
    hits = generator.binomial(lengths, own)
    low, high = clustered_share_interval(hits.T, lengths.T)
    return np.mean((low <= shares) & (shares <= high))


@pytest.mark.parametrize("share", [0.5, 0.1, 0.02])
def test_coverage_in_clusters_and_for_rare_experts(share):
    assert covered(share, np.random.default_rng(0)) > 0.9


def test_one_passage_tells_no_design_effect():
    """29 of 35 leaves a residual by rounding, which nothing may divide."""
    assert np.isnan(effective_tokens(np.array([0.0, 29.0]), np.array([0.0, 35.0])))
