"""The gain in accuracy of each model as a forest plot."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from nbutils.reward.cross_fitting import CROSS_FITTED, FITS
from nbutils.reward.figures.look import METHOD_COLOURS, reaches, shown_name, vertical_line
from nbutils.reward.methods import LWR
from nbutils.reward.overall_gains import MEAN_OVER_MODELS
from nbutils.suite import figures as style

PUBLISHED = 3.11
MOST_MODELS = 60


def gain_forest(table: pd.DataFrame, data: str) -> Figure:
    """Mean gain of every method on top, and below RC-LWR's gain of each model, cross-fitted and in-sample.

    Args:
        table: of `gains_and_means`; of one model all methods are drawn.
        data: name of the data.
    """
    rows, cut = _rows(table)
    figure = Figure(figsize=(7.4, 1.5 + 0.2 * len(rows)), layout="constrained")
    panel = figure.subplots()
    vertical_line(panel, 0, "no change")
    vertical_line(panel, PUBLISHED, f"paper: mean of 33 reward models on RewardBench, +{PUBLISHED}", ":")
    for place, (_, method, cells) in enumerate(rows):
        colour = METHOD_COLOURS[method]
        for fit, cell in cells.items():
            held_out = fit == CROSS_FITTED
            panel.errorbar(
                cell["gain"],
                [place + (0 if held_out else 0.3)],
                xerr=reaches(cell, "gain"),
                marker="o" if held_out else "D",
                ms=4.5 if held_out else 3,
                mfc=colour if held_out else "white",
                elinewidth=1.5 if held_out else 0.6,
                color=colour,
            )
    panel.set_yticks(range(len(rows)), [label for label, _, _ in rows])
    panel.set_ylim(len(rows) - 0.3, -0.7)
    panel.set_xlabel("gain in accuracy (percentage points) with 95 % interval")
    panel.set_title(f"{data}: what calibration changes{cut}", loc="left")
    line = {"color": style.REFERENCE_COLOUR, "linestyle": ""}
    marks = [
        Line2D([], [], marker="o", label="cross-fitted", **line),
        Line2D([], [], marker="D", ms=4, mfc="white", label="in-sample (as in the paper)", **line),
    ]
    handles = [*marks, *panel.get_legend_handles_labels()[0]]
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
    return figure


def _rows(table: pd.DataFrame) -> tuple[list[tuple[str, str, dict[str, pd.DataFrame]]], str]:
    """Label, method and the cell of each fit of every row, and what the title says of models left out."""
    models = [model for model in table["model"].unique() if model != MEAN_OVER_MODELS]
    several = len(models) > 1
    kept = table[(table["model"] == MEAN_OVER_MODELS) | (table["method"] == LWR)] if several else table
    rows = []
    for (model, method), part in kept.groupby(["model", "method"], sort=False, observed=True):
        cells = {fit: part[part["fit"] == fit] for fit in FITS if (part["fit"] == fit).any()}
        label = f"mean: {method}" if model == MEAN_OVER_MODELS else shown_name(model) if several else method
        rows.append((label, method, cells))
    means = [row for row in rows if row[0].startswith("mean: ")] if several else rows
    each = sorted(rows[len(means) :], key=lambda row: -row[2][CROSS_FITTED]["gain"].iloc[0])
    cut = f" (the {MOST_MODELS} of {len(each)} models that gain most)" if len(each) > MOST_MODELS else ""
    return means + each[:MOST_MODELS], cut
