import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from nbutils.models import ModelError
from nbutils.moe.similarity import expert_components, gram, neuron_components
from tests.moe.similarity.made_layers import made_block, made_layer


def sklearns(rows):
    pca = PCA(2, svd_solver="full")
    return pca.fit_transform(StandardScaler().fit_transform(rows)), pca.explained_variance_ratio_


def same_up_to_sign(found, expected, tolerance=1e-3):
    for i, column in enumerate(("x", "y")):
        values = found[column].to_numpy()
        sign = np.sign(values @ expected[:, i])
        np.testing.assert_allclose(values, sign * expected[:, i], atol=tolerance * np.abs(expected).max())


def matrices(layer, reference, projection):
    blocks = [*layer.blocks, *reference]
    return [block.matrices[projection].double().numpy() for block in blocks]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("projection", ["gate", "up", "down"])
def test_experts_lie_where_sklearn_puts_them(monkeypatch, projection, dtype):
    layer, reference = made_layer(6, index=2, dtype=dtype), [made_block(50, index=2)]
    monkeypatch.setattr(gram, "BLOCK_WEIGHTS", 3 * 12 * 8)

    table = expert_components([layer], reference)

    part = table[table["projection"] == projection]
    scores, explained = sklearns(np.stack([matrix.ravel() for matrix in matrices(layer, reference, projection)]))
    assert list(part["member"]) == ["0", "1", "2", "3", "4", "5", "reference"]
    same_up_to_sign(part, scores)
    np.testing.assert_allclose(part[["explained_x", "explained_y"]].iloc[0], explained, rtol=1e-4)
    for column in ("x", "y"):
        assert part[column].max() == part[column].abs().max()


@pytest.mark.parametrize("projection", ["gate", "up", "down"])
def test_neurons_lie_where_sklearn_puts_them(projection):
    layer, reference = made_layer(3), [made_block(50, neurons=20)]
    layer.blocks[1].matrices[projection] += 3  # so that one expert's neurons lie apart

    table = neuron_components([layer], reference, most_neurons=10_000)

    part = table[table["projection"] == projection]
    rows = [m.T if projection == "down" else m for m in matrices(layer, reference, projection)]
    scores, explained = sklearns(np.concatenate(rows))
    assert list(part["member"]) == ["0"] * 12 + ["1"] * 12 + ["2"] * 12 + ["reference"] * 20
    same_up_to_sign(part, scores)
    np.testing.assert_allclose(part[["explained_x", "explained_y"]].iloc[0], explained, rtol=1e-4)


def test_a_sample_of_neurons_lies_where_all_of_them_put_it():
    layer = made_layer(4)

    few, everything = (neuron_components([layer], most_neurons=most, seed=1) for most in (12, 1000))

    merged = few.merge(everything, on=["layer", "projection", "member", "neuron"], suffixes=("", "_all"))
    assert len(merged) == len(few) == 3 * 12
    for _, part in merged.groupby("projection"):
        for column in ("x", "y"):
            sign = np.sign(part[column] @ part[f"{column}_all"])
            np.testing.assert_allclose(part[column], sign * part[f"{column}_all"], atol=1e-9)
    assert few.equals(neuron_components([layer], most_neurons=12, seed=1))
    assert not few["neuron"].equals(neuron_components([layer], most_neurons=12, seed=2)["neuron"])


def test_equal_experts_and_constant_weights_have_no_variance():
    layer = made_layer(3)
    layer.blocks = [layer.blocks[0]] * 3

    table = expert_components([layer])
    assert (table[["x", "y", "explained_x", "explained_y"]] == 0).all(axis=None)

    layer = made_layer(3)
    for block in layer.blocks:
        block.matrices["up"][:, 2] = 1.0
    for table in (expert_components([layer]), neuron_components([layer])):
        assert np.isfinite(table[["x", "y", "explained_x", "explained_y"]]).all(axis=None)


def test_two_experts_lie_on_a_line():
    table = expert_components([made_layer(2)])

    np.testing.assert_allclose(table["explained_x"], 1)
    np.testing.assert_allclose(table["y"], 0, atol=1e-3)


def test_weights_are_not_changed():
    layer = made_layer(3)
    before = {name: matrix.clone() for name, matrix in layer.blocks[0].matrices.items()}

    expert_components([layer])
    neuron_components([layer])

    assert all(torch.equal(layer.blocks[0].matrices[name], matrix) for name, matrix in before.items())


@pytest.mark.parametrize("measure", [expert_components, neuron_components])
def test_one_expert_and_weights_that_are_not_finite_are_refused(measure):
    with pytest.raises(ModelError, match="layer 0 has one expert"):
        measure([made_layer(1)])
    layer = made_layer(3, index=1)
    layer.blocks[2].matrices["gate"][0, 0] = float("inf")
    with pytest.raises(ValueError, match="the gate projection of expert 2 in layer 1"):
        measure([layer])
