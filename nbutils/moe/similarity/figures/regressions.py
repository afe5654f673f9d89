"""Router embeddings against averaged neurons."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nbutils.moe.labels import shown_name
from nbutils.moe.similarity.figures.look import COLOURS, MARKERS, legend_below
from nbutils.moe.similarity.members import PROJECTIONS
from nbutils.moe.similarity.regression import weights_beside_outputs
from nbutils.suite import figures as style
from nbutils.suite.unmeasured_figure import drawn_if_measured

PAPERS_GATE = {"Mixtral": 0.33, "DeepSeek": 0.40, "Grok": 0.15}
MOST_POINTS = 4000
LEVELS = {"matrix": "whole matrices", "averaged": "mean neurons"}


def router_and_neurons(similarity: pd.DataFrame) -> Figure:
    """Similarity of router embeddings against that of mean neurons; one row a model.

    The line through a panel's points is the regression over the pairs of all layers.

    Args:
        similarity: rows of `router_similarity`.
    """
    models = list(similarity["model"].unique())
    figure, axes = style.small_multiples(
        3 * len(models), columns=3, panel_size=(3.3, 2.7), share_x=False, share_y=False
    )
    for i, model in enumerate(models):
        row, pairs = axes[3 * i : 3 * i + 3], similarity[similarity["model"] == model]
        for panel, projection in zip(row, PROJECTIONS, strict=True):
            points = _scatter(panel, pairs, projection)
            panel.set(title=f"{shown_name(model)}: {projection}", xlabel="cosine of router embeddings")
        row[0].set_ylabel("cosine of mean neurons")
        figure.colorbar(points, ax=row[2], label="layer")
    figure.suptitle("Router embeddings and neurons (each point two experts of a layer, lines over all layers)")
    return figure


def router_regression(regression: pd.DataFrame) -> Figure:
    """R^2 of router and neuron similarity by layer, with the sign of the correlation, for each model.

    Args:
        regression: rows of `router_regression`.
    """
    models = list(regression["model"].unique())
    figure, axes = style.small_multiples(len(models), columns=2, panel_size=(4.8, 3.0), share_x=False)
    for panel, model in zip(axes, models, strict=True):
        _r_squared(panel, regression[regression["model"] == model])
        panel.set_title(shown_name(model))
    legend_below(figure, axes, 5)
    figure.suptitle("Do experts with similar router embeddings have similar neurons?")
    return figure


@drawn_if_measured
def weights_and_outputs(outputs: pd.DataFrame, weights: pd.DataFrame, regression: pd.DataFrame) -> Figure:
    """Similarity of two experts' weights against that of their outputs, and r by layer; one row a model.

    Args:
        outputs: rows of `output_similarity`.
        weights: rows of `weight_similarity`.
        regression: rows of `output_regression`.
    """
    models = list(regression["model"].unique())
    figure, axes = style.small_multiples(
        3 * len(models), columns=3, panel_size=(3.6, 2.8), share_x=False, share_y=False
    )
    pairs = weights_beside_outputs(weights, outputs)
    for i, model in enumerate(models):
        row, shown = axes[3 * i : 3 * i + 3], pairs[pairs["model"] == model]
        shown = shown.sample(min(len(shown), MOST_POINTS), random_state=0)
        for panel, (level, name) in zip(row[:2], LEVELS.items(), strict=True):
            points = panel.scatter(shown[level], shown["output"], c=shown["layer"], s=8, cmap=style.SEQUENTIAL)
            panel.set(title=f"{shown_name(model)}: {name}", xlabel="cosine of weights", ylabel="cosine of outputs")
        figure.colorbar(points, ax=row[1], label="layer")
        rows = regression[(regression["model"] == model) & (regression["layer"] >= 0)]
        for colour, (level, part) in zip(style.COLOURS, rows.groupby("level", sort=False), strict=False):
            row[2].plot(part["layer"], part["r"], "o-", markersize=4, color=colour, label=LEVELS[level])
        style.reference_line(row[2], 0, "unrelated")
        row[2].set(title="over the pairs of a layer", xlabel="layer", ylabel="Pearson correlation", ylim=(-1, 1))
        row[2].xaxis.get_major_locator().set_params(integer=True)
    legend_below(figure, axes, 2)
    figure.suptitle("Do experts with similar weights have similar outputs? (each point two experts of a layer)")
    return figure


def _scatter(panel: Axes, pairs: pd.DataFrame, projection: str):
    """One projection's pairs, coloured by layer, with the line through those of all layers."""
    shown = pairs.sample(min(len(pairs), MOST_POINTS), random_state=0)
    points = panel.scatter(shown["router"], shown[projection], c=shown["layer"], s=8, cmap=style.SEQUENTIAL)
    known = pairs.dropna(subset=projection)
    if known["router"].nunique() > 1:
        slope, intercept = np.polyfit(known["router"], known[projection], 1)
        ends = np.array([known["router"].min(), known["router"].max()])
        panel.plot(ends, intercept + slope * ends, color=style.COLOURS[1])
    return points


def _r_squared(panel: Axes, regression: pd.DataFrame) -> None:
    rows = regression[regression["layer"] >= 0]
    for projection, part in rows.groupby("projection", sort=False):
        panel.plot(
            part["layer"],
            part["r_squared"] * np.sign(part["r"]),
            marker=MARKERS[projection],
            markersize=4,
            color=COLOURS[projection],
            label=projection,
        )
    null = rows.groupby("layer")["null_r_squared"].mean()
    for sign, label in ((1, "mean R² with experts relabelled"), (-1, "_")):
        panel.plot(null.index, sign * null, ":", color="black", label=label)
    panel.axhline(0, color=style.REFERENCE_COLOUR, linewidth=1)
    for name, value in PAPERS_GATE.items():
        style.reference_line(panel, value, f"{name}, gate")
    reach = max(0.5, 1.1 * rows["r_squared"].max())
    panel.set(xlabel="layer", ylabel="R² with the sign of r", ylim=(-reach, reach))
    panel.xaxis.get_major_locator().set_params(integer=True)
