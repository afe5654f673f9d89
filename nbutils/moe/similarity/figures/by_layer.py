"""Similarity of experts against depth."""

import pandas as pd
from matplotlib.figure import Figure

from nbutils.moe.labels import shown_name
from nbutils.moe.similarity.figures.look import COLOURS, MARKERS, legend_below
from nbutils.moe.similarity.members import PROJECTIONS, REFERENCE, SHARED
from nbutils.suite import figures as style

LEVELS = {"matrix": "whole matrices", "averaged": "mean neurons"}
PAPERS_BAND = (0.2, 0.4)


def similarity_by_layer(by_layer: pd.DataFrame) -> Figure:
    """Mean cosine of experts by layer, whole matrices beside mean neurons: one row of panels a model.

    Args:
        by_layer: rows of `similarity_by_layer` of `weight_similarity`.
    """
    models = list(by_layer["model"].unique())
    panels = [(model, level) for model in models for level in LEVELS]
    figure, axes = style.small_multiples(len(panels), columns=2, panel_size=(4.6, 2.9), share_x=False)
    for panel, (model, level) in zip(axes, panels, strict=True):
        rows = by_layer[(by_layer["model"] == model) & (by_layer["level"] == level)]
        panel.axhline(0, color=style.REFERENCE_COLOUR, linestyle="--", linewidth=1, label="independent weights")
        if level == "matrix":
            panel.axhspan(*PAPERS_BAND, color="#DDDDDD", zorder=0, label="Mixtral in the paper")
        for projection in PROJECTIONS:
            part = rows[rows["projection"] == projection].sort_values("layer")
            colour, marker = COLOURS[projection], MARKERS[projection]
            panel.plot(part["layer"], part["mean"], marker=marker, markersize=4, color=colour, label=projection)
            low, high = part["mean"] - part["sd"].fillna(0), part["mean"] + part["sd"].fillna(0)
            panel.fill_between(part["layer"], low, high, color=colour, alpha=0.12, linewidth=0)
            for column, dashes, name in ((REFERENCE, ":", "dense model"), (SHARED, "-.", "shared expert")):
                if part[column].notna().any():
                    panel.plot(
                        part["layer"], part[column], dashes, color=colour, label=f"{projection}, with the {name}"
                    )
        panel.set(title=f"{shown_name(model)}: {LEVELS[level]}", xlabel="layer", ylabel="mean cosine of two experts")
        panel.xaxis.get_major_locator().set_params(integer=True)
    legend_below(figure, axes, 5)
    figure.suptitle("How alike the experts are, by layer (shade: standard deviation over pairs)")
    return figure
