"""Figures of the experts' outputs and activations."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from nbutils.moe.labels import evenly_spaced, shown_name, shown_token
from nbutils.moe.similarity.figures.look import MOST_LAYERS, legend_below
from nbutils.suite import figures as style
from nbutils.suite.unmeasured_figure import drawn_if_measured

PAIRS = {
    "experts": ("two experts", "o"),
    "shared": ("expert and shared expert", "s"),
    "reference": ("expert and dense model", "D"),
}
MOST_TOKENS = 6
NORMAL_SPARSENESS = 1 - 2 / np.pi


@drawn_if_measured
def output_similarity_by_layer(by_layer: pd.DataFrame) -> Figure:
    """Mean cosine and angular similarity of outputs by layer, with intervals: one row of panels a model."""
    models = list(by_layer["model"].unique())
    labels = {"cosine": "cosine", "angular": "1 - angle / 180°"}
    panels = [(model, measure) for model in models for measure in labels]
    figure, axes = style.small_multiples(len(panels), columns=2, panel_size=(4.4, 2.8), share_x=False, share_y=False)
    for panel, (model, measure) in zip(axes, panels, strict=True):
        rows = by_layer[(by_layer["model"] == model) & (by_layer["measure"] == measure) & (by_layer["layer"] >= 0)]
        for colour, (pairs, part) in zip(style.COLOURS, rows.groupby("pairs", sort=False), strict=False):
            name, marker = PAIRS[pairs]
            errors = [part["value"] - part["low"], part["high"] - part["value"]]
            panel.errorbar(
                part["layer"], part["value"], yerr=errors, marker=marker, color=colour, label=name, capsize=2
            )
            if part["shuffled"].notna().any():
                panel.plot(part["layer"], part["shuffled"], ":", color=colour, label=f"{name}, different tokens")
        if measure == "cosine":
            style.reference_line(panel, 0, "")
        else:
            style.reference_line(panel, 0.5, "orthogonal")
        panel.set(title=f"{shown_name(model)}: {measure} similarity", xlabel="layer", ylabel=labels[measure])
        panel.xaxis.get_major_locator().set_params(integer=True)
    legend_below(figure, axes, 3)
    figure.suptitle("How alike the outputs are for the same token, by layer")
    return figure


@drawn_if_measured
def similarity_by_text(by_layer: pd.DataFrame) -> Figure:
    """Mean cosine of two experts' outputs by layer for each source of text: one panel a model.

    Args:
        by_layer: rows of `output_similarity_by_layer` with a column `text`.
    """
    rows = by_layer[(by_layer["measure"] == "cosine") & (by_layer["pairs"] == "experts") & (by_layer["layer"] >= 0)]
    models = list(rows["model"].unique())
    figure, axes = style.small_multiples(len(models), columns=2, panel_size=(4.4, 2.9), share_x=False)
    for panel, model in zip(axes, models, strict=True):
        for i, (text, part) in enumerate(rows[rows["model"] == model].groupby("text", sort=False)):
            colour = style.COLOURS[i % len(style.COLOURS)]
            panel.fill_between(part["layer"], part["low"], part["high"], color=colour, alpha=0.2, linewidth=0)
            panel.plot(part["layer"], part["value"], marker="osD^vP"[i % 6], markersize=4, color=colour, label=text)
        panel.set(title=shown_name(model), xlabel="layer", ylabel="mean cosine of two outputs")
        panel.xaxis.get_major_locator().set_params(integer=True)
    legend_below(figure, axes, 5)
    figure.suptitle("Output similarity on different texts (shade: 95 % over passages)")
    return figure


@drawn_if_measured
def sentence_similarity(sentence: pd.DataFrame) -> Figure:
    """Cosine of each pair of outputs for some tokens of a sentence, in the last layer of each model."""
    last = sentence[sentence["layer"] == sentence.groupby("model")["layer"].transform("max")]
    panels = [
        (model, position)
        for model, rows in last.groupby("model", sort=False)
        for position in evenly_spaced(rows["position"].unique(), MOST_TOKENS)
    ]
    columns = min(MOST_TOKENS, last["position"].nunique())
    figure, axes = style.small_multiples(
        len(panels), columns=columns, panel_size=(1.9, 2.0), share_x=False, share_y=False
    )
    for panel, (model, position) in zip(axes, panels, strict=True):
        rows = last[(last["model"] == model) & (last["position"] == position)]
        names = list(dict.fromkeys([*rows["first"], *rows["second"]]))
        place = {name: i for i, name in enumerate(names)}
        matrix = np.full((len(names), len(names)), np.nan)
        first, second = rows["first"].map(place), rows["second"].map(place)
        matrix[first, second] = matrix[second, first] = rows["cosine"]
        image = style.heatmap(
            panel,
            matrix,
            title=f"{shown_token(rows['token'].iloc[0])}",
            x_names=["S" if name == "shared" else name for name in names],
            y_names=["S" if name == "shared" else name for name in names],
            cmap=style.DIVERGING,
            vmin=-1,
            vmax=1,
        )
        if position == last[last["model"] == model]["position"].min():
            panel.set_ylabel(f"{shown_name(model)}\nlayer {rows['layer'].iloc[0]}, expert")
    figure.supxlabel("expert")
    figure.colorbar(image, ax=axes, label="cosine of two outputs")
    figure.suptitle("How alike the outputs are for single tokens")
    return figure


@drawn_if_measured
def gate_activations(shares: pd.DataFrame) -> Figure:
    """Share of neurons whose activated gate exceeds the threshold, by layer, beside the paper's shares."""
    figure, [panel] = style.small_multiples(1, panel_size=(6.4, 3.2))
    layers = shares[shares["layer"] >= 0]
    for i, (model, rows) in enumerate(layers.groupby("model", sort=False)):
        errors = [rows["share"] - rows["low"], rows["high"] - rows["share"]]
        colour, marker = style.COLOURS[i % len(style.COLOURS)], "osD^vP"[i % 6]
        panel.errorbar(rows["layer"], rows["share"], errors, marker=marker, color=colour, label=shown_name(model))
    for share, name in ((0.996, "Mixtral in the paper (SiLU)"), (0.253, "Grok-1 in the paper (GELU)")):
        style.reference_line(panel, share, name)
    panel.set(
        xlabel="layer", ylabel="share of neurons", ylim=(0, 1.15), title="Neurons whose activated gate exceeds .001"
    )
    panel.xaxis.get_major_locator().set_params(integer=True)
    legend_below(figure, [panel], 3)
    return figure


@drawn_if_measured
def neuron_heatmaps(neurons: pd.DataFrame) -> Figure:
    """Activated gate of every neuron of every expert for one token, at most four layers of each model."""
    panels = [
        (model, layer)
        for model, rows in neurons.groupby("model", sort=False)
        for layer in evenly_spaced(rows["layer"].unique(), MOST_LAYERS)
    ]
    figure, axes = style.small_multiples(len(panels), columns=1, panel_size=(7.5, 1.9), share_x=False, share_y=False)
    reach = neurons["activation"].abs().quantile(0.999)
    for panel, (model, layer) in zip(axes, panels, strict=True):
        rows = neurons[(neurons["model"] == model) & (neurons["layer"] == layer)]
        table = rows.pivot(index="expert", columns="neuron", values="activation")
        chosen = rows.groupby("expert")["chosen"].first()
        image = style.heatmap(
            panel,
            table.to_numpy(),
            title=f"{shown_name(model)}, layer {layer}, token “{shown_token(rows['token'].iloc[0])}”; "
            f"chosen: {', '.join(map(str, chosen[chosen].index))}",
            y_label="expert",
            cmap=style.DIVERGING,
            vmin=-reach,
            vmax=reach,
        )
    axes[-1].set_xlabel("neuron")
    figure.colorbar(image, ax=axes, label="activated gate")
    figure.suptitle("Which neurons answer to one token")
    return figure


@drawn_if_measured
def hidden_activations(experts: pd.DataFrame) -> Figure:
    """Share of active neurons and sparseness of what enters the down projections, by layer, with the range of experts.

    Args:
        experts: rows of `activations_by_expert`.
    """
    titles = {
        "active": ("Neurons above .001 in size", "share of neurons"),
        "sparseness": ("Sparseness (Treves and Rolls)", "1 - (mean |h|)² / mean h²"),
    }
    figure, axes = style.small_multiples(2, columns=2, panel_size=(4.4, 3.0), share_y=False)
    for panel, (column, (title, label)) in zip(axes, titles.items(), strict=True):
        for i, (model, rows) in enumerate(experts.groupby("model", sort=False)):
            layers = rows.groupby("layer")[column].agg(["mean", "min", "max"])
            colour = style.COLOURS[i % len(style.COLOURS)]
            panel.fill_between(layers.index, layers["min"], layers["max"], color=colour, alpha=0.2, linewidth=0)
            panel.plot(layers.index, layers["mean"], marker="osD^vP"[i % 6], color=colour, label=shown_name(model))
        panel.set(title=title, xlabel="layer", ylabel=label)
        panel.xaxis.get_major_locator().set_params(integer=True)
    style.reference_line(axes[1], NORMAL_SPARSENESS, "normal activations")
    legend_below(figure, axes, 3)
    figure.suptitle("What enters the down projections (shade: range of experts)")
    return figure
