"""Experts and neurons on their first two principal components."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nbutils.moe.labels import evenly_spaced, shown_name
from nbutils.moe.similarity.figures.look import MOST_LAYERS, legend_below
from nbutils.moe.similarity.members import REFERENCE, SHARED
from nbutils.suite import figures as style

MOST_NUMBERED = 16
OTHERS = {SHARED: ("D", style.COLOURS[2], "shared expert"), REFERENCE: ("*", style.COLOURS[1], "dense model")}


def expert_components(components: pd.DataFrame) -> Figure:
    """Experts on their first two components, at most four layers of each model: one row a model and projection.

    Args:
        components: rows of `expert_components`.
    """
    figure, axes, panels = _panels(components)
    for panel, rows in zip(axes, panels, strict=True):
        experts = rows[~rows["member"].isin(OTHERS)]
        panel.scatter(experts["x"], experts["y"], s=18, color=style.COLOURS[0], label="expert")
        if len(experts) <= MOST_NUMBERED:
            for _, row in experts.iterrows():
                panel.annotate(
                    row["member"], (row["x"], row["y"]), xytext=(3, 3), textcoords="offset points", fontsize=7
                )
        _draw_others(panel, rows, 70)
    legend_below(figure, axes, 3)
    figure.suptitle("Experts on the first two principal components of their matrices")
    return figure


def neuron_components(components: pd.DataFrame) -> Figure:
    """Neurons on their first two components, coloured by expert: one row a model and projection, four layers at most.

    Args:
        components: rows of `neuron_components`.
    """
    figure, axes, panels = _panels(components)
    last = components["member"][~components["member"].isin(OTHERS)].astype(int).max()
    for panel, rows in zip(axes, panels, strict=True):
        experts = rows[~rows["member"].isin(OTHERS)]
        numbers = experts["member"].astype(int)
        # In random order, so that the last expert does not hide the others.
        order = np.random.default_rng(0).permutation(len(experts))
        shown, colours = experts.iloc[order], numbers.iloc[order]
        points = panel.scatter(shown["x"], shown["y"], c=colours, s=4, cmap=style.SEQUENTIAL, vmin=0, vmax=last)
        _draw_others(panel, rows, 8)
    figure.colorbar(points, ax=axes, label="expert")
    legend_below(figure, axes, 3)
    figure.suptitle("Neurons on the first two principal components, coloured by expert")
    return figure


def _panels(components: pd.DataFrame) -> tuple[Figure, list[Axes], list[pd.DataFrame]]:
    """A figure with a panel for each model, projection and layer, titled, and the rows of each."""
    titled = list(_by_panel(components))
    layers = max(components.groupby("model")["layer"].nunique())
    figure, axes = style.small_multiples(
        len(titled), columns=min(MOST_LAYERS, layers), panel_size=(2.7, 2.5), share_x=False, share_y=False
    )
    for panel, (title, rows) in zip(axes, titled, strict=True):
        explained = rows[["explained_x", "explained_y"]].iloc[0]
        panel.set(title=title, xlabel=f"1st ({explained.iloc[0]:.1%})", ylabel=f"2nd ({explained.iloc[1]:.1%})")
    return figure, axes, [rows for _, rows in titled]


def _by_panel(components: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    for (model, projection), rows in components.groupby(["model", "projection"], sort=False):
        for layer in evenly_spaced(rows["layer"].unique(), MOST_LAYERS):
            yield f"{shown_name(model)}\n{projection}, layer {layer}", rows[rows["layer"] == layer]


def _draw_others(panel: Axes, rows: pd.DataFrame, size: float) -> None:
    for member, (marker, colour, label) in OTHERS.items():
        part = rows[rows["member"] == member]
        if len(part):
            panel.scatter(part["x"], part["y"], s=size, marker=marker, color=colour, label=label)
