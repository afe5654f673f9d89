import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import linregress

from nbutils.models import ModelError
from nbutils.moe.similarity import averaged_similarity, router_regression, router_similarity
from tests.moe.similarity.made_layers import made_layer
from tests.moe.similarity.test_weights import plain_cosine


def pairs_with(related, layers=5, experts=8, seed=0, slope=1.0):
    """Pairs of experts whose gate similarity follows that of the router as far as `related`."""
    generator = np.random.default_rng(seed)
    first, second = np.triu_indices(experts, 1)
    frames = []
    for layer in range(layers):
        router, gate, up, down = (cosines(generator, experts)[first, second] for _ in range(4))
        gate = related * slope * router + (1 - related) * gate
        names = {"layer": layer, "first": first.astype(str), "second": second.astype(str)}
        frames.append(pd.DataFrame(names | {"router": router, "gate": gate, "up": up, "down": down}))
    return pd.concat(frames, ignore_index=True)


def cosines(generator, experts, width=16):
    directions = generator.standard_normal((experts, width))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return directions @ directions.T


def test_similarities_are_those_of_the_rows_and_of_the_mean_neurons():
    layers = [made_layer(4, 2), made_layer(4, 3, seed=1, dtype=torch.bfloat16)]

    table = router_similarity(layers)

    assert list(table.columns) == ["layer", "first", "second", "router", "gate", "up", "down"]
    for layer in layers:
        row = table.set_index(["layer", "first", "second"]).loc[(layer.index, "1", "3")]
        assert row["router"] == pytest.approx(plain_cosine(layer.router[1], layer.router[3]))
    averaged = averaged_similarity(layers).pivot(
        index=["layer", "first", "second"], columns="projection", values="cosine"
    )
    for projection in ("gate", "up", "down"):
        found = table.set_index(["layer", "first", "second"])[projection]
        np.testing.assert_allclose(found, averaged.loc[found.index, projection])


def test_layers_without_a_router_matrix_are_left_out_and_ungated_experts_have_no_gate():
    layers = [made_layer(3, 0), made_layer(3, 1, gated=False)]
    layers[0].router = None

    table = router_similarity(layers)

    assert set(table["layer"]) == {1}
    assert table["gate"].isna().all()
    assert set(router_regression(table, permutations=20)["projection"]) == {"up", "down"}
    assert router_similarity(layers[:1]).empty
    assert router_regression(router_similarity(layers[:1])).empty


def test_one_expert_and_weights_that_are_not_finite_are_refused():
    with pytest.raises(ModelError, match="layer 0 has one expert"):
        router_similarity([made_layer(1)])
    layer = made_layer(3)
    layer.router[2, 0] = float("nan")
    with pytest.raises(ValueError, match="the router projection of expert 2 in layer 0"):
        router_similarity([layer])


def test_regression_is_scipys():
    pairs = pairs_with(0.5, slope=-2.0)

    table = router_regression(pairs, permutations=50).set_index(["projection", "layer"])

    for layer, rows in pairs.groupby("layer"):
        for projection in ("gate", "up", "down"):
            fit, row = linregress(rows["router"], rows[projection]), table.loc[(projection, layer)]
            assert row["r"] == pytest.approx(fit.rvalue)
            assert row["slope"] == pytest.approx(fit.slope)
            assert row["r_squared"] == pytest.approx(fit.rvalue**2)
            assert row["noise_floor"] == pytest.approx(1 / 27)
            assert row["pairs"] == 28
    mean = table.loc[("gate", -1)]
    by_layer = table.loc["gate"].drop(-1)
    assert mean[["r", "r_squared"]].tolist() == pytest.approx(by_layer[["r", "r_squared"]].mean().tolist())
    assert mean["pairs"] == 140


def test_the_null_is_that_of_relabelled_experts():
    pairs = pairs_with(0.3, layers=1, experts=4)
    gate, router = np.zeros((2, 4, 4))
    for matrix, name in ((gate, "gate"), (router, "router")):
        matrix[pairs["first"].astype(int), pairs["second"].astype(int)] = pairs[name]
        matrix += matrix.T
    generator, below = np.random.default_rng(5), np.tril_indices(4, -1)
    drawn = []
    for _ in range(4000):
        labels = generator.permutation(4)
        drawn.append(np.corrcoef(router[np.ix_(labels, labels)][below], gate[below])[0, 1])

    row = router_regression(pairs, permutations=4000).set_index(["projection", "layer"]).loc[("gate", 0)]

    assert row["null_r_squared"] == pytest.approx(np.mean(np.square(drawn)), abs=0.02)
    assert row["p_value"] == pytest.approx(np.mean(np.array(drawn) >= row["r"] - 1e-9), abs=0.03)
    assert row["r_squared"] == pytest.approx(row["r"] ** 2)


def test_related_similarities_have_small_p_values_and_unrelated_ones_do_not():
    table = router_regression(pairs_with(0.5), permutations=200).set_index(["projection", "layer"])

    assert table.loc[("gate", -1), "p_value"] == pytest.approx(1 / 201)
    assert table.loc[("up", -1), "p_value"] > 0.05
    assert table.loc[("gate", -1), "null_r_squared"] < 0.1


def test_layers_of_both_signs_are_no_relation():
    """A mean of R^2 is large there, and the mean of r is what the claim is about."""
    layers = [pairs_with(0.9, layers=1).assign(layer=layer) for layer in range(8)]
    turned = [part.assign(gate=-part["gate"]) if part["layer"].iloc[0] % 2 else part for part in layers]

    mean = router_regression(pd.concat(turned), permutations=200).set_index(["projection", "layer"]).loc[("gate", -1)]

    assert mean["r_squared"] > 0.2
    assert mean["p_value"] > 0.05


def test_the_same_seed_gives_the_same_numbers_in_batches_of_any_size(monkeypatch):
    pairs = pairs_with(0.2)
    whole = router_regression(pairs, permutations=30, seed=3)

    monkeypatch.setattr("nbutils.moe.similarity.regression.BATCH", 28 * 4)

    pd.testing.assert_frame_equal(router_regression(pairs, permutations=30, seed=3), whole)
    assert not router_regression(pairs, permutations=30, seed=4)["p_value"].equals(whole["p_value"])


def test_two_experts_or_constant_similarities_have_no_r_squared():
    for pairs in (pairs_with(0.5, experts=2), pairs_with(0.5).assign(gate=1.0)):
        table = router_regression(pairs, permutations=20).set_index("projection")
        numbers = table.loc["gate", ["r", "slope", "r_squared", "null_r_squared", "p_value", "noise_floor"]]
        assert numbers.isna().all(axis=None)


def test_the_mean_passes_over_layers_without_r_squared():
    pairs = pairs_with(0.5, layers=3)
    pairs.loc[pairs["layer"] == 1, "gate"] = 0.2

    table = router_regression(pairs, permutations=20).set_index(["projection", "layer"])

    expected = table.loc[[("gate", 0), ("gate", 2)], "r_squared"].mean()
    assert table.loc[("gate", -1), "r_squared"] == pytest.approx(expected)
