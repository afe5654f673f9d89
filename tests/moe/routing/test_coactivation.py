import itertools

import numpy as np
import pytest

from nbutils.moe.routing import coactivation, strongest_pairs
from tests.moe.routing.made import drawn_top_k, made_routing, passages_of

PASSAGE = passages_of(60, np.random.default_rng(0))
TOKENS = len(PASSAGE)


def routing(chosen, experts=None, passage=PASSAGE):
    return made_routing(chosen, passage, ["x"] * len(chosen), experts=experts)


def test_all_pairs_of_the_chosen_experts_are_counted():
    generator = np.random.default_rng(1)
    chosen = drawn_top_k(np.zeros((TOKENS, 2, 6)), 3, generator)
    count = np.zeros((2, 6, 6))
    for layer in (0, 1):
        for experts in chosen[:, layer]:
            for i, j in itertools.permutations(experts, 2):
                count[layer, i, j] += 1

    table = coactivation({"m": routing(chosen)})

    assert len(table) == 2 * 6 * 5
    for row in table.itertuples():
        loads = (chosen[:, row.layer] == row.first).sum()
        assert row.tokens == count[row.layer, row.first, row.second]
        assert row.share == pytest.approx(row.tokens / loads)
    assert table.groupby(["layer", "first"])["share"].sum().tolist() == pytest.approx([2] * 12)


def subsets(weights, k, tokens, generator):
    """Choices [T, 1, k] with the probability of a set the product of its weights."""
    sets = np.array(list(itertools.combinations(range(len(weights)), k)))
    chance = weights[sets].prod(1)
    return sets[generator.choice(len(sets), size=tokens, p=chance / chance.sum())][:, None]


def test_uneven_loads_alone_give_no_ratio_though_the_product_of_loads_would():
    generator = np.random.default_rng(0)
    weights = np.array([8.0, 4, 2, 1, 1, 1])
    passage = np.repeat(np.arange(60), 1000)
    made = routing(subsets(weights, 2, len(passage), generator), passage=passage)

    table = coactivation({"m": made})

    np.testing.assert_allclose(table["ratio"], 1, atol=0.08)
    inclusion = made.loads.sum((0, 1)) / made.tokens.sum()
    assert inclusion[0] * inclusion[1] > 1.1 * table["tokens"].iloc[0] / made.tokens.sum()


def test_two_experts_that_go_together_are_the_strongest_pair():
    generator = np.random.default_rng(0)
    chosen = drawn_top_k(np.zeros((TOKENS, 1, 6)), 2, generator)
    together = generator.random(TOKENS) < 0.2
    chosen[together, 0] = [1, 4]

    table = strongest_pairs({"m": routing(chosen)}, 2)

    first = table.iloc[0]
    assert (first["first"], first["second"]) == (1, 4)
    assert first["low"] > 1.5
    assert first["low"] < first["ratio"] < first["high"]
    assert first["tests"] == 15
    assert first["below"] > 0  # pairs of 1 or 4 with others
    assert first["passages"] == 25


def test_independent_choices_seldom_give_a_sure_pair():
    weights, found = np.array([4.0, 2, 1, 1, 1, 1]), 0
    for seed in range(60):
        made = routing(subsets(weights, 2, TOKENS, np.random.default_rng(seed)))
        found += strongest_pairs({"m": made}, 1)["above"].iloc[0] > 0

    assert found <= 7  # at most 5 % of the runs, binomial 99 %


@pytest.mark.parametrize(("experts", "k"), [(1, 1), (4, 1)])
def test_one_choice_makes_no_pair(experts, k):
    made = routing(drawn_top_k(np.zeros((TOKENS, 1, experts)), k, np.random.default_rng(0)))

    assert strongest_pairs({"m": made}).empty
    assert coactivation({"m": made})["ratio"].isna().all()


def test_every_expert_chosen_is_together_as_expected():
    made = routing(drawn_top_k(np.zeros((TOKENS, 1, 3)), 3, np.random.default_rng(0)))

    assert (coactivation({"m": made})[["share", "expected", "ratio"]] == 1).all(axis=None)
    assert (strongest_pairs({"m": made})[["above", "below"]] == 0).all(axis=None)


def test_an_expert_that_is_never_chosen_has_no_ratio():
    chosen = drawn_top_k(np.zeros((TOKENS, 1, 3)), 2, np.random.default_rng(0))

    table = coactivation({"m": routing(chosen, experts=4)})

    dead = (table["first"] == 3) | (table["second"] == 3)
    assert (table[dead]["tokens"] == 0).all()
    assert table[table["first"] == 3]["share"].isna().all()
    assert (table[~dead]["ratio"] > 0.9).all()


def test_a_single_passage_has_no_interval():
    with pytest.raises(ValueError, match="at least two passages"):
        strongest_pairs({"m": routing([[[0, 1]], [[0, 2]]], passage=[0, 0])})
