import gc
import weakref

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nbutils.models import ModelError
from nbutils.moe.similarity import averaged_similarity, gram, matrix_similarity, weight_similarity
from tests.moe.similarity.made_layers import MadeLayer, made_block, made_layer, reordered, scaled


def plain_cosine(first, second):
    first, second = (np.asarray(values, dtype=np.float64).ravel() for values in (first, second))
    lengths = np.sqrt((first**2).sum() * (second**2).sum())
    return (first * second).sum() / lengths if lengths else 0.0


def by_pair(table):
    return table.set_index(["layer", "projection", "first", "second"])["cosine"]


def expected(layer, of):
    names = [str(e) for e in range(layer.num_experts)]
    return {
        (layer.index, projection, names[i], names[j]): plain_cosine(
            *(of(layer.blocks[e].matrices[projection].double(), projection) for e in (i, j))
        )
        for projection in layer.blocks[0].matrices
        for i in range(len(names))
        for j in range(i + 1, len(names))
    }


def mean_neuron(matrix, projection):
    return matrix.mean(1 if projection == "down" else 0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("gated", [True, False])
def test_cosines_are_those_of_plain_loops(dtype, gated):
    # The first layer is smaller, as in some models.
    layers = [made_layer(3, 2, gated=gated, dtype=dtype, neurons=7), made_layer(4, 5, seed=1, gated=gated, dtype=dtype)]

    for table, of in (
        (matrix_similarity(layers), lambda matrix, projection: matrix),
        (averaged_similarity(layers), mean_neuron),
    ):
        wanted = {key: value for layer in layers for key, value in expected(layer, of).items()}
        found = by_pair(table)
        assert list(table.columns) == ["layer", "projection", "first", "second", "cosine"]
        assert len(found) == len(wanted)
        for key, value in wanted.items():
            assert found[key] == pytest.approx(value, abs=2e-6)


@pytest.mark.parametrize("block", [1, 2, 3, 100])
@pytest.mark.parametrize("chunk", [1, 3, 100])
def test_blocks_and_chunks_change_nothing(monkeypatch, block, chunk):
    layer = made_layer(7)
    whole = matrix_similarity([layer])

    monkeypatch.setattr(gram, "BLOCK_WEIGHTS", block * 12 * 8)
    monkeypatch.setattr(gram, "CHUNK_WEIGHTS", chunk * 12 * 8)
    monkeypatch.setattr(gram, "STRIP", 2)

    np.testing.assert_allclose(matrix_similarity([layer])["cosine"], whole["cosine"], atol=1e-6)


class LayerOnDisk(MadeLayer):
    """Each call reads a matrix anew, and counts those that are alive."""

    alive, most = 0, 0

    def _read(self, matrix):
        copy = matrix.clone()
        self.alive += 1
        self.most = max(self.most, self.alive)
        weakref.finalize(copy, self._gone)
        return copy

    def _gone(self):
        self.alive -= 1

    def gate(self, expert):
        return self._read(super().gate(expert))

    def up(self, expert):
        return self._read(super().up(expert))

    def down(self, expert):
        return self._read(super().down(expert))


@pytest.mark.parametrize(("per_block", "most"), [(2, 4), (12, 12), (1, 2)])
def test_at_most_two_blocks_of_experts_are_in_memory(monkeypatch, per_block, most):
    layer = LayerOnDisk(made_layer(12).blocks)
    monkeypatch.setattr(gram, "BLOCK_WEIGHTS", per_block * 12 * 8)
    gc.collect()

    matrix_similarity([layer])
    assert 1 < layer.most <= most

    layer.most = 0
    averaged_similarity([layer])
    assert 0 < layer.most <= 2


def test_a_reference_and_a_shared_expert_take_part_where_sizes_agree():
    layer = made_layer(2, index=3)
    layer.shared = made_block(7, neurons=20)
    reference = [made_block(8, index=3), made_block(9, index=4)]

    table = weight_similarity([layer], reference)
    matrix, averaged = (
        table[(table["level"] == name) & (table["projection"] == "gate")] for name in ("matrix", "averaged")
    )

    assert set(zip(matrix["first"], matrix["second"], strict=True)) == {
        ("0", "1"),
        ("0", "reference"),
        ("1", "reference"),
    }
    assert len(averaged) == 6
    found = averaged.set_index(["first", "second"])["cosine"]
    means = [block.gate().mean(0) for block in (layer.shared, reference[0])]
    assert found["shared", "reference"] == pytest.approx(plain_cosine(*means), abs=1e-6)


def test_an_ungated_reference_takes_part_in_up_and_down_only():
    table = matrix_similarity([made_layer(2)], [made_block(5, gated=False)])

    assert set(table.loc[table["second"] == "reference", "projection"]) == {"up", "down"}
    assert set(table["projection"]) == {"gate", "up", "down"}


def test_a_reference_that_does_not_fit_is_refused():
    layer = made_layer(2, index=1)

    with pytest.raises(
        ModelError, match="layer 1 of the reference has matrices of 12 x 10 and the experts have 12 x 8"
    ):
        matrix_similarity([layer], [made_block(hidden=10, index=1)])
    with pytest.raises(ModelError, match=r"no dense layer 1 \(it has 0, 2\)"):
        averaged_similarity([layer], [made_block(index=0), made_block(index=2)])


def test_one_expert_has_nothing_to_be_compared_with():
    for measure in (matrix_similarity, averaged_similarity):
        with pytest.raises(ModelError, match="layer 4 has one expert, and one expert has nothing to be compared with"):
            measure([made_layer(1, index=4)])


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("measure", [matrix_similarity, averaged_similarity])
def test_weights_that_are_not_finite_are_named(measure, value):
    layer = made_layer(3, index=6)
    layer.blocks[2].matrices["up"][1, 1] = value

    with pytest.raises(ValueError, match="the up projection of expert 2 in layer 6 holds weights that are not finite"):
        measure([layer])


def test_zeros_have_cosine_zero_and_copies_one():
    layer = made_layer(3)
    layer.blocks[1] = layer.blocks[0]
    layer.blocks[2].matrices["gate"].zero_()

    for measure in (matrix_similarity, averaged_similarity):
        cosines = by_pair(measure([layer]))
        assert cosines[0, "down", "0", "1"] == pytest.approx(1, abs=1e-6)
        assert cosines[0, "gate", "0", "2"] == 0


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 100), scale=st.floats(1e-3, 1e3), expert=st.integers(0, 3))
def test_scale_and_order_of_neurons_and_experts_do_not_matter(seed, scale, expert):
    layer = made_layer(4, seed=seed)
    order = np.random.default_rng(seed).permutation(4)
    neurons = torch.randperm(12, generator=torch.Generator().manual_seed(seed))
    blocks = [scaled(layer.blocks[e], scale) if e == expert else layer.blocks[e] for e in order]
    changed = MadeLayer([reordered(block, neurons) for block in blocks])

    for measure in (matrix_similarity, averaged_similarity):
        before, after = by_pair(measure([layer])), by_pair(measure([changed]))
        for (_, projection, first, second), value in after.items():
            pair = sorted(order[[int(first), int(second)]])
            assert value == pytest.approx(before[0, projection, str(pair[0]), str(pair[1])], abs=1e-5)
