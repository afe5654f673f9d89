import numpy as np
import pandas as pd
import pytest
from scipy import stats

from nbutils.moe.similarity import last_layer_outlier, similarity_by_layer, weight_similarity
from tests.moe.similarity.made_layers import made_block, made_layer


def test_means_are_kept_apart_by_kind_of_pair():
    layers = [made_layer(4, index) for index in (1, 3)]
    layers[1].shared = made_block(7, index=3)
    table = weight_similarity(layers, [made_block(8, index=1), made_block(9, index=3)])
    models = pd.concat([table.assign(model="a"), table.assign(model="b", cosine=0.5)], ignore_index=True)

    found = similarity_by_layer(models).set_index(["model", "level", "projection", "layer"]).sort_index()

    assert len(found) == 2 * 2 * 3 * 2
    row = found.loc[("a", "matrix", "up", 3)]
    rows = table[(table["level"] == "matrix") & (table["projection"] == "up") & (table["layer"] == 3)]
    others = rows["second"].isin(["shared", "reference"])
    assert row["pairs"] == 6
    assert row["mean"] == pytest.approx(rows.loc[~others, "cosine"].mean())
    assert row["sd"] == pytest.approx(rows.loc[~others, "cosine"].std())
    experts = rows["first"] != "shared"
    for name in ("shared", "reference"):
        assert row[name] == pytest.approx(rows.loc[experts & (rows["second"] == name), "cosine"].mean())
    assert np.isnan(found.loc[("a", "matrix", "up", 1), "shared"])
    assert (found.loc["b", "mean"] == 0.5).all()


def test_a_table_of_other_pairs_needs_no_more_than_its_pairs():
    pairs = pd.DataFrame({"layer": [0, 0, 0, 1], "first": list("0010"), "second": list("1221")})

    found = similarity_by_layer(pairs.assign(cosine=[0.1, 0.2, 0.6, 0.9]))

    assert list(found.columns) == ["layer", "pairs", "mean", "sd", "shared", "reference"]
    assert found["mean"].tolist() == pytest.approx([0.3, 0.9])
    assert np.isnan(found["sd"].iloc[1])


def test_the_residual_is_the_t_statistic_of_a_dummy_for_the_last_layer():
    generator = np.random.default_rng(0)
    values = pd.Series(0.3 - 0.01 * np.arange(9) + 0.02 * generator.standard_normal(9), index=range(3, 12))

    found = last_layer_outlier(values.sample(frac=1, random_state=1))

    design = np.column_stack([np.ones(9), values.index, np.eye(9)[8]])
    weights, rest, *_ = np.linalg.lstsq(design, values.to_numpy(), rcond=None)
    error = np.sqrt(rest[0] / 6 * np.linalg.inv(design.T @ design)[2, 2])
    assert found["studentised"] == pytest.approx(weights[2] / error)
    assert found["p_value"] == pytest.approx(2 * stats.t.sf(abs(weights[2] / error), 6))
    assert found["predicted"] == pytest.approx(weights[0] + 11 * weights[1])
    assert found["value"] == values.iloc[-1]


@pytest.mark.parametrize("values", [[1, 2, 1, 3, 9], [1, 2, 3, 4, 5, 6, 99], [0.2] * 8])
def test_few_layers_or_an_exact_line_have_no_residual(values):
    found = last_layer_outlier(pd.Series(values, dtype=float))

    assert np.isnan([found["studentised"], found["p_value"]]).all()


@pytest.mark.parametrize("layers", [6, 12])
def test_p_values_are_uniform_without_an_outlier(layers):
    generator = np.random.default_rng(1)
    lines = 0.1 * np.arange(layers) + generator.standard_normal((1500, layers))

    p_values = [last_layer_outlier(pd.Series(line))["p_value"] for line in lines]

    assert 0.035 <= np.mean(np.array(p_values) < 0.05) <= 0.065
    assert stats.kstest(p_values, "uniform").pvalue > 0.01
