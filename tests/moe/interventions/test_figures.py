import warnings

import numpy as np
import pandas as pd
import pytest

from nbutils.moe.interventions import captions, figures
from nbutils.moe.interventions.knockout import KINDS
from nbutils.moe.interventions.pruning import ORDERS, RANDOM

NAMES = ("/a/long/path/to/the/checkpoint/of_$moe_a$", "/another/path/to/the/checkpoint/of_$moe_a$", "c", "d")


def drawn(figure, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure.savefig(tmp_path / "figure.png")
    return [panel for panel in figure.axes if panel.get_label() != "<colorbar>"]


def with_interval(table, column):
    return table.assign(low=table[column] - 0.02, high=table[column] + 0.03)


def crossed(names, **keys):
    index = pd.MultiIndex.from_product([names, *keys.values()], names=["model", *keys])
    return pd.DataFrame(index=index).reset_index()


def knockout_table(names=NAMES, layers=3):
    table = crossed(names, layer=[*range(layers), -1], kind=list(KINDS))
    change = 0.1 * table["layer"].abs() + table["kind"].map({kind: i for i, kind in enumerate(KINDS)})
    return with_interval(table.assign(change=change), "change")


def expert_table(names=NAMES, experts=8):
    table = crossed(names, layer=[0, 1], expert=range(experts))
    table = table.assign(load_share=(table["expert"] + 1) / 36, change=0.01 * table["expert"] * (table["layer"] + 1))
    return with_interval(table, "change")


def pruning_table(names=NAMES):
    table = crossed(names, order=list(ORDERS), share=[0.25, 0.5])
    change = table["share"] * (1 + table["order"].map({order: i for i, order in enumerate(ORDERS)}))
    return with_interval(table.assign(change=change, best_draw=change - 0.1, worst_draw=change + 0.1), "change")


def gain_table(names=NAMES):
    table = crossed(names, layer=[0, 1, 2, -1])
    return with_interval(table.assign(gain=table["layer"] + 1.5), "gain")


def token_table(names=NAMES, experts=3):
    table = crossed(names, layer=[1, 4], expert=range(experts), rank=[1, 2])
    tokens = [" of", "$x$", "\n", "ନ", "_a^" * 9, "\x01"]
    return table.assign(
        token=[tokens[i % len(tokens)] for i in range(len(table))], logit=10.0 + table["expert"] - table["rank"]
    )


@pytest.mark.parametrize(
    ("draw", "table"),
    [
        (figures.knockouts, knockout_table),
        (figures.experts, expert_table),
        (figures.pruning_curves, pruning_table),
        (figures.lens_tokens, token_table),
    ],
)
@pytest.mark.parametrize("models", [1, 4])
def test_every_model_has_a_panel(draw, table, models, tmp_path):
    panels = drawn(draw(table(NAMES[:models])), tmp_path)

    assert len(panels) == models
    assert all(panel.get_xlabel() and panel.get_ylabel() and panel.get_title() for panel in panels)


def test_knockouts_leave_the_mean_over_layers_out_and_mark_no_change(tmp_path):
    [panel] = drawn(figures.knockouts(knockout_table(["m"], layers=64)), tmp_path)

    assert min(bars.get_segments()[0][0][0] for bars in panel.collections) > -0.5
    assert [line.get_ydata()[0] for line in panel.lines if line.get_linestyle() == "--"] == [0]
    [legend] = panel.figure.legends
    assert [text.get_text() for text in legend.get_texts()] == list(KINDS)


def test_at_most_four_layers_of_experts_are_told_apart(tmp_path):
    table = pd.concat([expert_table(["m"]).assign(layer=layer) for layer in range(20)])

    [panel] = drawn(figures.experts(table), tmp_path)

    labels = [text.get_text() for text in panel.get_legend().get_texts()]
    assert sorted(labels) == sorted(["even load", *(f"layer {layer}" for layer in (0, 6, 13, 19))])
    [even] = [line.get_xdata()[0] for line in panel.lines if line.get_label() == "even load"]
    assert even == 12.5


def test_the_random_sets_have_a_range(tmp_path):
    [panel] = drawn(figures.pruning_curves(pruning_table(["m"])), tmp_path)

    [band] = [part for part in panel.collections if part.get_label() == "random, range"]
    heights = band.get_paths()[0].vertices[:, 1]
    rows = pruning_table(["m"])
    random = rows[rows["order"] == RANDOM]
    assert (heights.min(), heights.max()) == pytest.approx((random["best_draw"].min(), random["worst_draw"].max()))


def test_a_model_without_random_sets_is_drawn(tmp_path):
    table = pruning_table(["m"])

    assert len(drawn(figures.pruning_curves(table[table["order"] != RANDOM]), tmp_path)) == 1


def test_gains_of_models_whose_names_end_alike_are_lines_of_their_own(tmp_path):
    [panel] = drawn(figures.lens_gains(gain_table()), tmp_path)

    [legend] = panel.figure.legends
    assert len(legend.get_texts()) == len(NAMES)


def test_tokens_of_the_last_layer_and_at_most_sixteen_experts(tmp_path):
    [panel] = drawn(figures.lens_tokens(token_table(["m"], experts=256)), tmp_path)

    assert "layer 4" in panel.get_title()
    labels = [text.get_text() for text in panel.texts if text.get_text()]
    assert len(labels) == 2 * 16
    written = set(labels)
    assert {"·of", r"\$x\$", "↵", "�"} <= written
    assert max(len(label.replace("\\", "")) for label in written) <= 10


def test_captions_say_what_the_tables_hold():
    assert captions.knockouts(knockout_table(["m"])) == (
        "Nats per token in the mean over layers. m: +3.100 with random experts (most in layer 2, +3.200), +0.100 "
        "without the top-weighted one and +2.100 without the least-weighted one."
    )
    assert captions.experts(expert_table(["m"])) == (
        "m: expert 7 of layer 1 costs most, +0.1400 nats per token, with 22.2% of its layer's load; Spearman of load "
        "and change 1.00 in the mean over layers."
    )
    assert captions.pruning(pruning_table(["m"])) == (
        "Nats per token. m, 50% removed: +0.500 least salient (25% of random sets), +1.000 most salient, +1.500 least "
        "used, +2.000 random."
    )
    assert "m: +0.50 logits on average, from +1.50 in layer 0 to +3.50 in layer 2" in captions.lens_gains(
        gain_table(["m"])
    )
    assert "expert 2 of m's layer 4 raises" in captions.lens_tokens(token_table(["m"]))
    assert "by 11.0 logits above the mean expert" in captions.lens_tokens(token_table(["m"]))


def test_captions_without_anything_to_correlate_or_compare():
    one = expert_table(["m"], experts=1)
    flat = pruning_table(["m"]).assign(change=0.0)

    assert "Spearman" not in captions.experts(one)
    assert "of random sets" not in captions.pruning(flat)
    assert "nan" not in captions.experts(one) + captions.pruning(flat)
    assert np.isfinite(one["change"]).all()
