import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbutils.moe.routing.k_subsets import pair_inclusion, sampled_counts, subset_weights


def enumerated(weights, k):
    """Probability of each pair, and of each expert on the diagonal, from all sets of k experts."""
    pairs, total = np.zeros((len(weights), len(weights))), 0.0
    for chosen in itertools.combinations(range(len(weights)), k):
        probability = np.prod(weights[list(chosen)])
        total += probability
        for i, j in itertools.product(chosen, chosen):
            pairs[i, j] += probability
    return pairs / total


def inclusions(experts, k, seed):
    """Inclusion probabilities that some weights have."""
    weights = np.exp(np.random.default_rng(seed).normal(size=experts))
    return np.diagonal(enumerated(weights, k)).copy()


@settings(deadline=None, max_examples=40)
@given(st.integers(2, 7).flatmap(lambda e: st.tuples(st.just(e), st.integers(1, e - 1))), st.integers(0, 1000))
def test_weights_and_pairs_agree_with_counting_all_sets(sizes, seed):
    experts, k = sizes
    inclusion = inclusions(experts, k, seed)

    expected = enumerated(subset_weights(inclusion, k), k)

    np.testing.assert_allclose(np.diagonal(expected), inclusion, atol=1e-9)
    np.testing.assert_allclose(pair_inclusion(inclusion, k), expected, atol=1e-9)


def test_many_layers_at_once_and_each_row_sums_to_k_choices():
    inclusion = np.stack([np.full(64, 8 / 64), np.linspace(0.02, 0.23, 64)])

    pairs = pair_inclusion(inclusion, 8)

    np.testing.assert_allclose(pairs.sum(-1), 8 * inclusion, rtol=1e-9)
    np.testing.assert_allclose(pairs[0][0, 1:], 8 * 7 / (64 * 63), rtol=1e-9)


@pytest.mark.parametrize(
    ("inclusion", "k", "first_pair"),
    [
        ([1.0, 1.0], 2, 1.0),  # every expert is chosen
        ([1.0], 1, 1.0),
        ([1.0, 0.5, 0.5, 0.0], 2, 0.5),  # always and never
        ([0.7, 0.3], 1, 0.0),
    ],
)
def test_experts_that_are_always_or_never_chosen(inclusion, k, first_pair):
    pairs = pair_inclusion(np.array(inclusion), k)

    assert pairs[0, min(1, len(inclusion) - 1)] == pytest.approx(first_pair, abs=1e-6)
    np.testing.assert_allclose(np.diagonal(pairs), inclusion)


def test_sampled_counts_have_the_moments_of_independent_sets():
    inclusion, tokens = inclusions(6, 3, 0), 50
    counts = sampled_counts(inclusion, 3, np.full(20_000, tokens), np.random.default_rng(0))

    pairs = pair_inclusion(inclusion, 3)
    assert (counts.sum(-1) == 3 * tokens).all()
    np.testing.assert_allclose(counts.mean(0), tokens * inclusion, atol=0.15)
    np.testing.assert_allclose(np.cov(counts.T), tokens * (pairs - np.outer(inclusion, inclusion)), atol=0.4)


@pytest.mark.parametrize(("experts", "k"), [(4, 4), (1, 1), (5, 1)])
def test_sampled_counts_at_the_edges(experts, k):
    counts = sampled_counts(np.full(experts, k / experts), k, np.array([[0, 1], [7, 1000]]), np.random.default_rng(0))

    assert counts.shape == (2, 2, experts)
    assert (counts.sum(-1) == k * np.array([[0, 1], [7, 1000]])).all()
    assert (counts <= np.array([[0, 1], [7, 1000]])[..., None]).all()
