import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon

from nbutils.moe.routing import divergence_bits, domain_divergence, domain_shares
from tests.moe.routing.made import drawn_top_k, made_routing, passages_of

DOMAINS = ("plays", "code", "docs")


def routing(effect=0.0, spread=0.3, passages=45, domains=DOMAINS, seed=0, k=2, experts=6):
    """Passages that differ by `spread`, and by `effect` between domains."""
    generator = np.random.default_rng(seed)
    passage = passages_of(passages, generator)
    own = spread * generator.normal(size=(passages, 2, experts))
    own += effect * generator.normal(size=(len(domains), 2, experts))[np.arange(passages) % len(domains)]
    chosen = drawn_top_k(own[passage], k, generator)
    return made_routing(chosen, passage, np.array(domains)[passage % len(domains)], experts=experts)


def test_shares_of_each_domains_slots():
    chosen = [[[0, 1]], [[0, 2]], [[2, 1]], [[2, 3]]]

    table = domain_shares({"m": made_routing(chosen, [0, 1, 2, 3], ["a", "a", "b", "b"])})

    by_cell = table.set_index(["domain", "expert"])
    assert by_cell.loc["a", "share"].tolist() == [0.5, 0.25, 0.25, 0]
    assert by_cell.loc["b", "share"].tolist() == [0, 0.25, 0.5, 0.25]
    assert by_cell.loc[("a", 0), "overall"] == 0.25
    assert by_cell.loc[("a", 0), "ratio"] == 2
    assert by_cell.loc[("a", 3), "tokens"] == 0
    assert by_cell.loc[("a", 3), "low"] == 0
    assert by_cell.loc[("a", 3), "high"] > 0.25
    assert (table["passages"] == 2).all()


def test_how_much_text_a_domain_gave_does_not_move_the_overall_share():
    chosen = [[[0]]] * 90 + [[[1]]] * 10

    table = domain_shares({"m": made_routing(chosen, np.arange(100), ["a"] * 90 + ["b"] * 10)})

    assert (table["overall"] == 0.5).all()


@given(st.lists(st.lists(st.integers(1, 50), min_size=5, max_size=5), min_size=2, max_size=2))
def test_divergence_of_two_domains_is_scipys(rows):
    counts = np.array(rows)

    assert divergence_bits(counts) == pytest.approx(jensenshannon(*counts, base=2) ** 2, abs=1e-9)


@given(st.permutations(range(4)), st.integers(1, 9))
def test_divergence_does_not_depend_on_numbers_or_amount(order, factor):
    counts = np.random.default_rng(0).integers(0, 20, (3, 2, 4))
    scaled = counts * np.array([factor, 1, 1])[:, None, None]

    np.testing.assert_allclose(divergence_bits(scaled[..., list(order)]), divergence_bits(counts))


def test_domains_with_experts_of_their_own_diverge_most():
    assert divergence_bits(np.eye(4)) == pytest.approx(2)


def test_an_effect_of_the_domain_is_found_and_passages_alone_are_not():
    effect = domain_divergence({"m": routing(1.0)}, 200).set_index("layer")
    none = domain_divergence({"m": routing(0.0, spread=1.0)}, 200).set_index("layer")

    assert (effect["p"] < 0.01).all()
    assert (effect["low"] > 0).all()
    assert (effect["bits"] > effect["null_high"]).all()
    assert none.loc[-1, "p"] > 0.05
    assert none.loc[-1, "low"] == 0
    assert none.loc[-1, "bits"] == pytest.approx(none.loc[-1, "null"], rel=0.4)  # all of it is noise
    assert effect.loc[-1, "bits"] == pytest.approx(effect.loc[[0, 1], "bits"].mean())


def test_the_test_keeps_its_level_for_passages_of_different_length():
    found = 0
    for seed in range(60):
        generator = np.random.default_rng(seed)
        lengths = np.where(np.arange(40) % 2, 15, 120)  # long passages in one domain, short ones in the other
        passage = np.repeat(np.arange(40), lengths)
        chosen = drawn_top_k(generator.normal(size=(40, 1, 6))[passage], 2, generator)
        made = made_routing(chosen, passage, np.array(["a", "b"])[passage % 2], experts=6)
        found += domain_divergence({"m": made}, 100, seed)["p"].iloc[-1] < 0.05

    assert found <= 7  # at most 5 % of the runs, binomial 99 %


def test_one_domain_has_shares_and_no_divergence():
    made = routing(domains=("x",))

    assert domain_divergence({"m": made}).empty
    assert (domain_shares({"m": made})["ratio"] == 1).all()


def test_every_expert_chosen_serves_all_domains_alike():
    table = domain_divergence({"m": routing(1.0, k=6)}, 100)

    np.testing.assert_allclose(table["bits"], 0, atol=1e-12)
    assert (table["p"] == 1).all()


def test_a_domain_of_one_passage_has_no_interval():
    made = made_routing([[[0]], [[0]], [[1]]], [0, 1, 2], ["a", "a", "b"])

    table = domain_divergence({"m": made}, 50)

    assert table[["low", "high", "corrected"]].isna().all(axis=None)
    assert table["bits"].tolist() == [1, 1]
