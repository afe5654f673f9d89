from itertools import permutations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau

from nbutils.models import ModelError
from nbutils.moe.similarity import matching, matrix_similarity
from tests.moe.similarity.made_layers import MadeLayer, made_block, made_layer, reordered, scaled


def by_neuron(block, projection):
    matrix = block.matrices[projection].double().numpy()
    return matrix.T if projection == "down" else matrix


def cosines_between(one, two):
    lengths = np.outer(np.linalg.norm(one, axis=1), np.linalg.norm(two, axis=1))
    return np.divide(one @ two.T, lengths, out=np.zeros_like(lengths), where=lengths > 0)


def flat_cosine(one, two):
    return (one * two).sum() / np.sqrt((one**2).sum() * (two**2).sum())


def best_order(cosines):
    n = range(len(cosines))
    return list(max(permutations(n), key=lambda order: sum(cosines[i, order[i]] for i in n)))


def test_numbers_are_those_of_all_orders_tried():
    layer = made_layer(2, index=3, neurons=5)

    table = matching([layer]).set_index("projection")

    pairs = {name: [by_neuron(block, name) for block in layer.blocks] for name in ("gate", "up", "down")}
    groups = {name: [pair] for name, pair in pairs.items()} | {"neuron": list(pairs.values())}
    for name, group in groups.items():
        cosines = np.mean([cosines_between(*pair) for pair in group], axis=0)
        order = best_order(cosines)
        row = table.loc[name]
        assert row["neuron_cosine"] == pytest.approx(cosines[range(5), order].mean(), abs=1e-6)
        assert row["cosine_before"] == pytest.approx(np.mean([flat_cosine(*pair) for pair in group]), abs=1e-6)
        matched = np.mean([flat_cosine(one, two[order]) for one, two in group])
        assert row["cosine_matched"] == pytest.approx(matched, abs=1e-6)
        assert row["tau"] == pytest.approx(kendalltau(order, range(5)).statistic)
        assert row["expected_null"] == pytest.approx(np.sqrt(2 * np.log(5) / (8 * len(group))))
    assert (table["layer"] == 3).all()
    assert (table["neurons"] == 5).all()


def test_identical_experts_stay_as_they_are_and_reordered_ones_are_found():
    block = made_block(neurons=30, hidden=40)
    order = torch.randperm(30, generator=torch.Generator().manual_seed(0))

    table = matching([MadeLayer([block, block, reordered(block, order)])]).set_index(["first", "second"])

    same, moved = table.loc[("0", "1")], table.loc[("0", "2")]
    np.testing.assert_allclose(same[["cosine_before", "cosine_matched", "neuron_cosine", "tau"]], 1, atol=1e-6)
    np.testing.assert_allclose(moved[["cosine_matched", "neuron_cosine"]], 1, atol=1e-6)
    np.testing.assert_allclose(moved["tau"], kendalltau(np.argsort(order.numpy()), np.arange(30)).statistic)
    assert (moved["cosine_before"] < 0.5).all()


def test_independent_experts_are_no_more_alike_than_the_null():
    table = matching([made_layer(6, neurons=60, hidden=50)]).groupby("projection").mean(numeric_only=True)

    np.testing.assert_allclose(table["neuron_cosine"], table["null"], atol=0.01)
    assert (table["null"] < table["expected_null"]).all()
    assert (table["null"] > 0.6 * table["expected_null"]).all()


def test_the_null_is_that_of_one_random_order_of_coordinates():
    layer = made_layer(2, neurons=20, hidden=30)
    layer.blocks[1] = layer.blocks[0]

    table = matching([layer], seed=1)

    assert (table["null"] < 0.6).all()
    assert table.equals(matching([layer], seed=1))
    assert not table["null"].equals(matching([layer], seed=2)["null"])


def test_another_number_of_neurons_is_matched_neuron_by_neuron():
    layer = made_layer(2, neurons=6)
    layer.shared = made_block(9, neurons=10)
    layer.shared.matrices["up"][3:9] = layer.blocks[1].matrices["up"]
    reference = [made_block(5, neurons=4)]

    table = matching([layer], reference).set_index(["first", "second", "projection"])

    row = table.loc[("1", "shared", "up")]
    assert row["neuron_cosine"] == pytest.approx(1, abs=1e-6)
    assert row["neurons"] == 6
    assert row["expected_null"] == pytest.approx(np.sqrt(2 * np.log(10) / 8))
    assert row[["cosine_before", "cosine_matched", "tau"]].isna().all()
    assert table.loc[("0", "reference", "gate"), "neurons"] == 4
    assert table.loc[("0", "1", "gate")].notna().all()


def test_ungated_experts_have_neurons_of_two_projections():
    table = matching([made_layer(2, gated=False)], [made_block(4)])

    assert set(table["projection"]) == {"up", "down", "neuron"}
    row = table[table["projection"] == "neuron"].iloc[0]
    assert row["expected_null"] == pytest.approx(np.sqrt(2 * np.log(12) / 16))


def test_a_sample_of_pairs_is_seeded_and_keeps_the_dense_model():
    layer, reference = made_layer(8), [made_block(99)]

    table = matching([layer], reference, most_pairs=3, seed=4)

    pairs = table[["first", "second"]].drop_duplicates()
    assert (pairs["second"] == "reference").sum() == 3
    assert len(pairs) == 6
    assert table.equals(matching([layer], reference, most_pairs=3, seed=4))
    everything = matching([layer], reference, seed=4)
    assert len(everything) == 4 * 36
    merged = table.merge(everything, on=["projection", "first", "second"], suffixes=("", "_all"))
    np.testing.assert_allclose(merged["cosine_matched"], merged["cosine_matched_all"])


def test_cosine_before_is_that_of_the_matrices_also_in_bfloat16():
    layers = [made_layer(3, neurons=9, dtype=torch.bfloat16), made_layer(3, 1, seed=2, neurons=4)]

    table = matching(layers).merge(matrix_similarity(layers), on=["layer", "projection", "first", "second"])

    assert len(table) == 18
    np.testing.assert_allclose(table["cosine_before"], table["cosine"], atol=1e-6)


def test_a_neuron_of_zeros_has_cosine_zero():
    layer = made_layer(2, neurons=3, hidden=16)
    for matrix in (layer.blocks[0].matrices["up"], layer.blocks[1].matrices["gate"]):
        matrix[:] = 0
    layer.blocks[0].matrices["down"][:, 1] = 0

    table = matching([layer]).set_index("projection")

    assert (table.loc[["up", "gate"], ["cosine_before", "cosine_matched", "neuron_cosine"]] == 0).all(axis=None)
    assert np.isfinite(table.loc["down", "neuron_cosine"])


def test_weights_that_are_not_finite_are_named():
    layer = made_layer(3, index=2)
    layer.blocks[1].matrices["down"][0, 0] = float("nan")

    with pytest.raises(
        ValueError, match="the down projection of expert 1 in layer 2 holds weights that are not finite"
    ):
        matching([layer])


def test_one_expert_has_nothing_to_be_matched_with():
    with pytest.raises(ModelError, match="layer 0 has one expert"):
        matching([made_layer(1)])


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 50), scale=st.floats(1e-2, 1e2))
def test_order_and_scale_of_an_experts_neurons_do_not_matter(seed, scale):
    one, two = made_layer(2, seed=seed).blocks
    order = torch.randperm(12, generator=torch.Generator().manual_seed(seed))

    before = matching([MadeLayer([one, two])])
    after = matching([MadeLayer([one, scaled(reordered(two, order), scale)])])

    columns = ["cosine_matched", "neuron_cosine", "null"]
    np.testing.assert_allclose(before[columns], after[columns], atol=1e-5)
