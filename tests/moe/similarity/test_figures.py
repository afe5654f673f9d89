import pandas as pd
import pytest

from nbutils.moe import similarity
from nbutils.moe.similarity import captions, figures
from tests.moe.similarity.made_layers import made_block, made_layer


@pytest.fixture(scope="module")
def tables():
    """Two models, the first with a dense one and a shared expert beside it, the second without a gate."""
    found = {}
    for model, gated in (("/runs/of_$a/very/long/path", True), ("b", False)):
        layers = [made_layer(4, index, seed=index, gated=gated, neurons=12) for index in range(6)]
        reference = [made_block(50 + index, index=index, neurons=12) for index in range(6)] if gated else []
        for layer in layers if gated else []:
            layer.shared = made_block(90, neurons=12)
        pairs = similarity.router_similarity(layers)
        made = {
            "weights": similarity.weight_similarity(layers, reference),
            "matching": similarity.matching(layers, reference),
            "pairs": pairs,
            "regression": similarity.router_regression(pairs, permutations=20),
            "experts": similarity.expert_components(layers, reference),
            "neurons": similarity.neuron_components(layers, reference, most_neurons=40),
        }
        for name, table in made.items():
            table.insert(0, "model", model)
            found.setdefault(name, []).append(table)
    return {name: pd.concat(parts, ignore_index=True) for name, parts in found.items()}


def drawn(figure, tmp_path):
    figure.savefig(tmp_path / "figure.png")
    return figure.axes


def labels(figure):
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]


def test_similarity_by_layer_has_its_references(tables, tmp_path):
    by_layer = similarity.similarity_by_layer(tables["weights"])

    figure = figures.similarity_by_layer(by_layer)

    axes = drawn(figure, tmp_path)
    assert len(axes) == 4
    assert axes[2].get_title() == "b: whole matrices"
    for label in ("independent weights", "Mixtral in the paper", "gate", "gate, with the dense model"):
        assert labels(figure).count(label) == 1
    caption = captions.similarity_by_layer(by_layer)
    matrix = by_layer[(by_layer["model"] == "b") & (by_layer["level"] == "matrix")]
    assert f"b: {matrix['mean'].mean():.3f} between whole matrices" in caption
    assert "between mean up neurons" in caption
    assert "with the dense model" in caption


def test_heatmaps_show_four_layers_of_a_model_and_all_members(tables, tmp_path):
    rows = tables["weights"].query("level == 'matrix'")

    axes = drawn(figures.similarity_heatmaps(rows), tmp_path)

    panels = [panel for panel in axes if panel.images]
    assert [panel.get_title() for panel in panels[4:]] == [f"b\nlayer {layer}" for layer in (0, 2, 3, 5)]
    image = panels[0].images[0].get_array()
    assert image.shape == (6, 6)
    assert image.mask.diagonal().all()
    assert image.mask.sum() == 6
    assert sum(panels[0].images[0].get_clim()) == 0
    assert [text.get_text() for text in panels[0].get_xticklabels()] == ["0", "1", "2", "3", "S", "D"]
    means = rows[rows["second"].isin(list("0123"))].groupby(["model", "layer", "first", "second"])["cosine"].mean()
    assert f"to {means['b'].max():.2f} (layer {means['b'].idxmax()[0]}" in captions.similarity_heatmaps(rows)


def test_matched_neurons_draw_the_paper_and_the_null(tables, tmp_path):
    axes = drawn(figures.matched_neurons(tables["matching"]), tmp_path)

    assert [line.get_ydata()[0] for line in axes[1].lines if line.get_linestyle() == "--"] == [0, 0.75]
    experts = tables["matching"].query("model == 'b' and projection != 'neuron'")
    means = experts.groupby("layer")[["cosine_before", "null"]].mean()
    for column in means:
        assert any((line.get_ydata() == means[column].to_numpy()).all() for line in axes[2].lines)
    assert f"{experts['cosine_matched'].mean():.3f} reordered" in captions.matched_neurons(tables["matching"])


def test_router_and_neurons_draw_the_line_over_all_layers(tables, tmp_path):
    axes = drawn(figures.router_and_neurons(tables["pairs"]), tmp_path)

    scatter = next(panel for panel in axes if panel.get_title() == "b: up")
    assert len(scatter.lines) == 1
    assert len(scatter.collections[0].get_offsets()) == 36
    mean = tables["pairs"].query("model == 'b'")["router"].mean()
    assert f"mean {mean:.2f}" in captions.router_and_neurons(tables["pairs"])


def test_r_squared_is_drawn_with_the_sign_of_r(tables, tmp_path):
    regression = tables["regression"]
    axes = drawn(figures.router_regression(regression.assign(r=-regression["r"].abs())), tmp_path)

    drawn_values = [line.get_ydata() for line in axes[0].lines if line.get_label() in ("gate", "up", "down")]
    assert drawn_values
    assert all((values <= 0).all() for values in drawn_values)
    mean = regression.query("model == 'b' and projection == 'up' and layer == -1").iloc[0]
    assert f"up {mean['r_squared']:.2f} (r {mean['r']:+.2f})" in captions.router_regression(regression)
    assert "no pairs that differ" in captions.router_regression(regression.assign(r=float("nan")))


def test_components_mark_the_dense_model(tables, tmp_path):
    for name in ("expert", "neuron"):
        table = tables[f"{name}s"].query("projection == 'up'")

        figure = getattr(figures, f"{name}_components")(table)

        axes = drawn(figure, tmp_path)
        assert "b\nup, layer 5" in [panel.get_title() for panel in axes]
        assert {"dense model", "shared expert"} <= set(labels(figure))
        explained = table.query("model == 'b'")[["explained_x", "explained_y"]].sum(axis=1).mean()
        caption = getattr(captions, f"{name}_components")(table)
        assert (f"{explained:.0%} in b" if name == "expert" else f"{explained:.1%} in b") in caption


def test_the_expert_explains_the_place_of_neurons_that_lie_apart():
    table = pd.DataFrame({"x": [0.0, 0.0, 2.0, 2.0], "y": [1.0, -1.0, 1.0, -1.0], "member": list("0011")})
    table = table.assign(model="m", layer=0, projection="up", explained_x=0.5, explained_y=0.25)

    assert "75.0% in m, where the expert explains 50.0%" in captions.neuron_components(table)
