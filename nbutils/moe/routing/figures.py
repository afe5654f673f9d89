"""Figures of the routing; each takes a table and returns a matplotlib Figure."""

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from nbutils.moe.labels import evenly_spaced, shown_name
from nbutils.suite import figures as style
from nbutils.suite.unmeasured_figure import drawn_if_measured

MARKERS = "osD^vP"
MOST_LAYERS = 6
REACH = 3.0  # of log2 ratios: an eighth to eight times


def loads(table: pd.DataFrame) -> Figure:
    """Experts' loads from the busiest to the least used, in at most six layers: one panel a model."""
    models = list(table["model"].unique())
    figure, axes = style.small_multiples(len(models), columns=2, panel_size=(4.6, 3.0), share_x=False, share_y=False)
    for panel, model in zip(axes, models, strict=True):
        rows = table[table["model"] == model]
        shown = evenly_spaced(rows["layer"].unique(), MOST_LAYERS)
        colours = matplotlib.colormaps[style.SEQUENTIAL](np.linspace(0, 0.9, len(shown)))
        for layer, colour in zip(shown, colours, strict=True):
            part = rows[rows["layer"] == layer]
            sorted_loads = np.sort(part["share"] / part["uniform"])[::-1]
            marker = "o" if len(part) <= 32 else ""
            panel.plot(range(1, len(part) + 1), sorted_loads, marker=marker, ms=3, color=colour, label=f"layer {layer}")
        style.reference_line(panel, 1.0, "even")
        panel.set(title=shown_name(model), xlabel="experts, busiest first", ylabel="load / even load", ylim=(0, None))
        panel.xaxis.get_major_locator().set_params(integer=True)
        panel.legend(ncols=2 if len(shown) > 3 else 1, loc="upper right")
    figure.suptitle("How the routed slots are spread over the experts")
    return figure


def balance(table: pd.DataFrame) -> Figure:
    """The busiest expert's load and the spread of the loads, by layer, beside a fair draw."""
    titles = {
        "max_mean": ("The busiest expert of each layer", "load / mean load"),
        "cv": ("Spread of the loads", "standard deviation / mean"),
    }
    figure, axes = style.small_multiples(2, columns=2, panel_size=(4.9, 3.6), share_y=False)
    for panel, (statistic, (title, label)) in zip(axes, titles.items(), strict=True):
        rows = table[table["statistic"] == statistic]
        handles = _lines(panel, rows, "value", "uniform")
        panel.set(title=title, xlabel="layer", ylabel=label, ylim=(0, None))
    _legend(figure, handles, "k of E experts drawn at random")
    return figure


def entropy(table: pd.DataFrame) -> Figure:
    """Entropy of gate scores, chosen weights and load as a share of the largest possible one, by layer."""
    titles = {
        "gate scores": "Gate scores of a token",
        "chosen weights": "Weights of its chosen experts",
        "load": "Load over all tokens",
    }
    figure, axes = style.small_multiples(3, columns=3, panel_size=(3.5, 3.3))
    for panel, (distribution, title) in zip(axes, titles.items(), strict=True):
        rows = table[table["distribution"] == distribution]
        shares = rows[["model", "layer"]].assign(value=rows["share"], low=rows["share_low"], high=rows["share_high"])
        handles = _lines(panel, shares, "value")
        style.reference_line(panel, 1.0, "even")
        panel.set(title=title, xlabel="layer", ylim=(0, 1.1))
    axes[0].set_ylabel("entropy / entropy when even")
    _legend(figure, handles)
    return figure


@drawn_if_measured
def coactivation(table: pd.DataFrame) -> Figure:
    """How much more often than independent choices two experts are chosen together, in three layers of each model."""
    panels = _model_layers(table)
    columns = min(3, len(panels))
    figure, axes = style.small_multiples(
        len(panels), columns=columns, panel_size=(3.2, 2.9), share_x=False, share_y=False
    )
    for panel, (model, layer) in zip(axes, panels, strict=True):
        rows = table[(table["model"] == model) & (table["layer"] == layer)]
        ratio = rows.pivot(index="first", columns="second", values="ratio")
        image = _log_ratios(panel, ratio, f"{shown_name(model)}, layer {layer}")
        panel.set(xlabel="second expert", ylabel="first expert")
    figure.colorbar(image, ax=axes, label="together against independent choices, log2")
    figure.suptitle("Experts that are chosen together")
    return figure


def domains(table: pd.DataFrame) -> Figure:
    """Load of each expert in each domain against its mean over domains, in three layers of each model."""
    panels = _model_layers(table)
    height = 1.1 + 0.2 * table["domain"].nunique()
    figure, axes = style.small_multiples(
        len(panels), columns=min(3, len(panels)), panel_size=(3.6, height), share_x=False, share_y=False
    )
    for panel, (model, layer) in zip(axes, panels, strict=True):
        rows = table[(table["model"] == model) & (table["layer"] == layer)]
        ratio = rows.pivot(index="domain", columns="expert", values="ratio").loc[rows["domain"].unique()]
        image = _log_ratios(panel, ratio, f"{shown_name(model)}, layer {layer}")
        panel.set_xlabel("expert")
    figure.colorbar(image, ax=axes, label="load against mean, log2")
    figure.suptitle("Which domains of text an expert serves")
    return figure


@drawn_if_measured
def saturation(table: pd.DataFrame) -> Figure:
    """Agreement of checkpoints with the final model by layer; one panel a final model."""
    models = list(table["model"].unique())
    figure, axes = style.small_multiples(len(models), columns=2, panel_size=(5.4, 3.4), share_x=False)
    for panel, model in zip(axes, models, strict=True):
        rows = table[(table["model"] == model) & (table["layer"] >= 0)]
        lines = rows.drop(columns="model").rename(columns={"checkpoint": "model"})
        handles = [*_lines(panel, lines, "value", "independent"), _dotted("independent choices, same loads")]
        panel.set(title=f"final model: {shown_name(model)}", xlabel="layer", ylim=(0, 1))
        panel.set_ylabel("share of chosen experts in common")
        panel.legend(handles=handles, ncols=2, loc="upper center", bbox_to_anchor=(0.45, -0.17))
    figure.suptitle("How early the choice of experts is settled")
    return figure


def vocabulary(table: pd.DataFrame) -> Figure:
    """Share of a token's occurrences that go to its favourite expert, by layer, beside what luck gives."""
    table = table[table["layer"] >= 0]
    figure, axes = style.small_multiples(2, columns=2, panel_size=(4.9, 3.6))
    favourite = table.assign(low=table["value"], high=table["value"])
    _lines(axes[0], favourite, "value", "null")
    handles = _lines(axes[1], table, "held_out", "load")
    axes[0].set(title="Favourite expert of each frequent token", ylabel="share of its occurrences")
    axes[1].set(title="The same, favourite chosen on other passages")
    for panel in axes:
        panel.set(xlabel="layer", ylim=(0, 1.05))
    _legend(figure, handles, "a router that does not see the token")
    return figure


@drawn_if_measured
def consecutive(table: pd.DataFrame) -> Figure:
    """Mutual information of the top-1 experts of consecutive layers, beside shuffled tokens."""
    figure, [panel] = style.small_multiples(1, panel_size=(6.6, 3.4))
    handles = _lines(panel, table[table["layer"] >= 0], "bits", "shuffled")
    panel.set(xlabel="layer, with the next measured one", ylabel="mutual information (bits)", ylim=(0, None))
    panel.set_title("What one layer's top expert tells of the next layer's")
    _legend(figure, handles, "shuffled tokens")
    return figure


def _lines(panel: Axes, table: pd.DataFrame, value: str, null: str = "") -> list[Artist]:
    """A line with intervals for each model, its null dotted, and a handle for each model."""
    handles = []
    for i, (model, rows) in enumerate(table.groupby("model", sort=False)):
        colour, marker = style.COLOURS[i % len(style.COLOURS)], MARKERS[i % len(MARKERS)]
        beside = rows["layer"] + 0.08 * i  # so that intervals of different models do not hide each other
        # Where noise has moved an estimate, it may lie outside of the interval, which has that taken off.
        errors = [(rows[value] - rows["low"]).clip(lower=0), (rows["high"] - rows[value]).clip(lower=0)]
        name = shown_name(model)
        handles.append(
            panel.errorbar(beside, rows[value], yerr=errors, marker=marker, ms=4, color=colour, label=name, capsize=2)
        )
        if null:
            panel.plot(beside, rows[null], ":", color=colour)
    panel.xaxis.get_major_locator().set_params(integer=True)
    return handles


def _dotted(null_name: str) -> Line2D:
    """A handle for what all models' dotted lines are."""
    return Line2D([], [], linestyle=":", color=style.REFERENCE_COLOUR, label=f"dotted: {null_name}")


def _legend(figure: Figure, handles: list[Artist], null_name: str = "") -> None:
    handles = [*handles, _dotted(null_name)] if null_name else handles
    figure.legend(handles=handles, loc="outside lower center", ncols=min(3, len(handles)))


def _model_layers(table: pd.DataFrame) -> list[tuple[str, int]]:
    return [
        (model, layer)
        for model, rows in table.groupby("model", sort=False)
        for layer in evenly_spaced(rows["layer"].unique(), 3)
    ]


def _log_ratios(panel: Axes, ratio: pd.DataFrame, title: str) -> matplotlib.image.AxesImage:
    """Cells coloured by log2 of the ratio, what is missing grey."""
    with np.errstate(divide="ignore"):
        logs = np.log2(ratio.to_numpy()).clip(-REACH, REACH)
    return style.heatmap(
        panel,
        logs,
        title=title,
        x_names=list(ratio.columns),
        y_names=list(ratio.index),
        cmap=style.DIVERGING,
        vmin=-REACH,
        vmax=REACH,
        number_format="{:.1f}",
    )
