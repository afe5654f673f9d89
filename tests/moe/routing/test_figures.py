import warnings

import numpy as np
import pandas as pd
import pytest

from nbutils.moe import routing
from nbutils.moe.routing import captions, figures
from nbutils.moe.routing.record import MEANS
from tests.moe.routing.made import drawn_top_k, made_choices, made_routing, passages_of


def made(experts, k, layers=5, seed=0):
    """Routing and choices of the same tokens."""
    generator = np.random.default_rng(seed)
    passage = passages_of(30, generator, 20, 60)
    logits = generator.normal(size=(30, layers, experts))[passage]
    chosen = drawn_top_k(logits, k, generator)
    ids = generator.integers(0, 30, len(passage))
    scores = {name: generator.random((len(passage), layers)) for name in MEANS}
    domain = np.array(["plays", "code"])[passage % 2]
    return made_routing(chosen, passage, domain, ids, experts, scores), made_choices(chosen, passage, ids, experts)


@pytest.fixture(scope="module")
def tables():
    """A table for each figure: two models whose shortened names look alike, and a top-1 model."""
    names = ["/runs/a/checkpoints/a-long-name/$final_b$", "/runs/b/checkpoints/a-long-name/$final_b$", "top-1"]
    pairs = {name: made(*sizes) for name, sizes in zip(names, [(16, 4), (8, 2), (4, 1)], strict=True)}
    routings = {name: pair[0] for name, pair in pairs.items()}
    final = pairs[names[0]][1]
    checkpoints = {f"{names[0]}@{step}": made(16, 4, seed=0)[1] for step in (250, 1000)}
    return {
        "loads": routing.load_by_expert(routings),
        "balance": routing.load_by_layer(routings),
        "entropy": routing.entropy_by_layer(routings, 50),
        "coactivation": routing.coactivation(routings),
        "domains": routing.domain_shares(routings),
        "saturation": routing.saturation_table(final, checkpoints, 50),
        "vocabulary": routing.vocabulary_by_layer(routings, least=5),
        "consecutive": routing.consecutive_layers(routings),
    }


# Panels, colour bars among them, for three models of five layers.
PANELS = {
    "loads": 3,
    "balance": 2,
    "entropy": 3,
    "coactivation": 10,
    "domains": 10,
    "saturation": 1,
    "vocabulary": 2,
    "consecutive": 1,
}


@pytest.mark.parametrize("name", PANELS)
def test_figures_draw_every_model_and_captions_tell_of_it(tables, name, tmp_path):
    table = tables[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = getattr(figures, name)(table)
        figure.savefig(tmp_path / "figure.png")

    assert len(figure.axes) == PANELS[name]
    caption = getattr(captions, name)(table)
    told = table["checkpoint" if name == "saturation" else "model"].unique()
    assert all(str(model) in caption for model in told)
    assert "nan" not in caption


@pytest.mark.parametrize(
    ("name", "panel", "null"),
    [("balance", 0, "uniform"), ("vocabulary", 0, "null"), ("vocabulary", 1, "load"), ("consecutive", 0, "shuffled")],
)
def test_dotted_lines_are_the_nulls(tables, name, panel, null):
    table = tables[name]
    axes = getattr(figures, name)(table).axes[panel]

    rows = table[table["layer"] >= 0]
    rows = rows[rows["statistic"] == "max_mean"] if name == "balance" else rows
    dotted = [line.get_ydata() for line in axes.lines if line.get_linestyle() == ":"]
    np.testing.assert_allclose(np.concatenate(dotted), rows[null])


def test_heat_maps_are_centred_and_what_is_missing_is_masked(tables):
    panels = figures.coactivation(tables["coactivation"]).axes[:9]

    assert {panel.images[0].get_clim() for panel in panels} == {(-3.0, 3.0)}
    assert np.ma.getmaskarray(panels[0].images[0].get_array()).sum() == 16  # the diagonal
    assert np.ma.getmaskarray(panels[6].images[0].get_array()).all()  # top-1: no pair


def test_domains_keep_their_order_and_names(tables):
    panel = figures.domains(tables["domains"]).axes[0]

    assert [label.get_text() for label in panel.get_yticklabels()] == ["plays", "code"]
    cells = panel.images[0].get_array()
    rows = tables["domains"]
    first = rows[(rows["model"] == rows["model"].iloc[0]) & (rows["layer"] == 0) & (rows["domain"] == "plays")]
    np.testing.assert_allclose(cells[0], np.log2(first["ratio"]).clip(-3, 3))


def test_loads_are_sorted_against_the_even_load(tables):
    panel = figures.loads(tables["loads"]).axes[1]

    line = panel.lines[0].get_ydata()
    assert (np.diff(line) <= 0).all()
    assert line.mean() == pytest.approx(1)


def test_captions_say_what_the_tables_hold(tables):
    shares = pd.DataFrame(
        {"model": "m", "layer": 3, "expert": [0, 1], "share": [0.7, 0.3], "uniform": 0.5, "low": 0.6, "high": 0.8}
    )
    assert "from 0.6 times the even load (expert 1 of layer 3) to 1.4 times (expert 0" in captions.loads(shares)
    mean = tables["consecutive"].query("layer == -1").iloc[0]
    bits, share = max(0.0, mean["bits"]), max(0.0, mean["share"])  # an unbiased estimate may be negative
    assert f"{bits:.2f} bits on average, {share:.0%}" in captions.consecutive(tables["consecutive"])
    assert "top-1 chooses one expert per token" in captions.coactivation(tables["coactivation"])
    assert "shares 100% of its choices" in captions.saturation(tables["saturation"])
    shares = shares.assign(domain=["code", "plays"], overall=0.5, ratio=[1.4, 0.6])
    assert "100% of the loads have an interval that excludes" in captions.domains(shares)
    assert "expert 0 of layer 3, 1.4 times in code" in captions.domains(shares)
    rare = tables["vocabulary"].assign(occurrences=0)
    assert "top-1: no token is frequent enough" in captions.vocabulary(rare)
    entropies = tables["entropy"].query("model == 'top-1'")
    assert "chosen weights" not in captions.entropy(entropies)
