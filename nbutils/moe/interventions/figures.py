"""Figures of what experts and the router's choice are worth; each takes a table and returns a matplotlib Figure."""

from functools import cache

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font

from nbutils.moe.interventions.knockout import KINDS
from nbutils.moe.interventions.pruning import ORDERS, RANDOM
from nbutils.moe.labels import evenly_spaced, shown_name, shown_token
from nbutils.suite import figures as style

MARKERS = "osD^vP"
MOST_LAYERS = 4
MOST_INTERVALS = 100  # in a panel, beyond which they hide the points
MOST_EXPERTS = 16
LONGEST_TOKEN = 10


def knockouts(table: pd.DataFrame) -> Figure:
    """Change in loss by layer for each way to change the router's choice, one panel a model."""
    figure, panels = _by_model(table[table["layer"] >= 0], columns=2, panel_size=(4.8, 3.6))
    for panel, rows in panels:
        kinds = [kind for kind in KINDS if kind in set(rows["kind"])]
        for i, kind in enumerate(kinds):
            part = rows[rows["kind"] == kind]
            _errorbar(panel, part["layer"] + 0.08 * (i - len(kinds) / 2), part, "change", i, kind)
        _scale_changes(panel, rows)
        panel.set(xlabel="layer changed")
        panel.xaxis.get_major_locator().set_params(integer=True)
    figure.legend(*panels[0][0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    figure.suptitle("What the router's choice in one layer is worth")
    return figure


def experts(table: pd.DataFrame) -> Figure:
    """Change in loss by silencing an expert against its share of the load, for at most four layers of each model."""
    figure, panels = _by_model(table, columns=2, panel_size=(4.8, 3.6))
    for panel, rows in panels:
        layers = evenly_spaced(rows["layer"].unique(), MOST_LAYERS)
        if len(layers) * rows["expert"].nunique() > MOST_INTERVALS:
            rows = rows.assign(low=rows["change"], high=rows["change"])
        for i, layer in enumerate(layers):
            part = rows[rows["layer"] == layer]
            _errorbar(panel, 100 * part["load_share"], part, "change", i, f"layer {layer}", linestyle="none", alpha=0.8)
        _scale_changes(panel, rows)
        even = 100 / rows["expert"].nunique()
        panel.axvline(even, linestyle=":", linewidth=1, color=style.REFERENCE_COLOUR, label="even load")
        panel.set(xlabel="share of the layer's load (%)")
        panel.legend(fontsize=7)
    figure.suptitle("What each expert is worth, and how much it is used")
    return figure


def pruning_curves(table: pd.DataFrame) -> Figure:
    """Change in loss by the share of the experts that is removed from every layer, one panel a model."""
    figure, panels = _by_model(table, columns=2, panel_size=(4.8, 3.6))
    for panel, rows in panels:
        for i, order in enumerate(ORDERS):
            part = rows[rows["order"] == order].sort_values("share")
            if order == RANDOM:
                edges = part["best_draw"], part["worst_draw"]
                panel.fill_between(
                    100 * part["share"], *edges, color=style.COLOURS[i], alpha=0.2, label="random, range"
                )
            _errorbar(panel, 100 * part["share"] + 0.5 * i, part, "change", i, order)
        style.reference_line(panel, 0.0, "untouched model")
        panel.set(xlabel="experts removed from every layer (%)", ylabel="change in loss (nats per token)")
    figure.legend(*panels[0][0].get_legend_handles_labels(), loc="outside lower center", ncols=5)
    figure.suptitle("What is lost with the experts, by the order of their removal")
    return figure


def lens_gains(table: pd.DataFrame) -> Figure:
    """How much more the chosen experts' outputs speak for the next token than for others, by layer of each model."""
    figure, [panel] = style.small_multiples(1, panel_size=(6.0, 3.6))
    for i, (model, rows) in enumerate(table[table["layer"] >= 0].groupby("model", sort=False)):
        _errorbar(panel, rows["layer"] + 0.08 * i, rows, "gain", i, shown_name(model))
    style.reference_line(panel, 0.0, "next token of another position")
    panel.set(xlabel="layer", ylabel="logit above other next tokens", title="What the experts say of the next token")
    panel.xaxis.get_major_locator().set_params(integer=True)
    figure.legend(*panel.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def lens_tokens(table: pd.DataFrame) -> Figure:
    """Tokens that experts of the last layer speak for more than the mean expert, at most sixteen experts a model."""
    last = table[table["layer"] == table.groupby("model")["layer"].transform("max")]
    shown = {model: evenly_spaced(rows["expert"].unique(), MOST_EXPERTS) for model, rows in last.groupby("model")}
    height = 0.7 + 0.22 * max(map(len, shown.values()))
    figure, panels = _by_model(last, columns=2, panel_size=(6.2, height))
    highest = last["logit"].max()
    for panel, rows in panels:
        part = rows[rows["expert"].isin(shown[rows["model"].iloc[0]])]
        logits, tokens = (part.pivot(index="expert", columns="rank", values=name) for name in ("logit", "token"))
        image = style.heatmap(
            panel,
            logits.to_numpy(),
            x_label="rank",
            y_label="expert",
            title=f"{panel.get_title()}, layer {part['layer'].iloc[0]}",
            x_names=list(logits.columns),
            y_names=list(logits.index),
            cmap=style.DIVERGING,
            vmin=-highest,
            vmax=highest,
            number_format="",
        )
        _write_tokens(panel, tokens, pale=logits.to_numpy() < highest / 2)
    bar = figure.colorbar(image, ax=figure.axes, label="logit above the mean expert")
    bar.ax.set_ylim(min(0.0, last["logit"].min()), highest)
    figure.suptitle("The tokens that each expert speaks for")
    return figure


def _by_model(
    table: pd.DataFrame, *, columns: int, panel_size: tuple[float, float]
) -> tuple[Figure, list[tuple[Axes, pd.DataFrame]]]:
    """One panel a model, with its name as title, and its rows."""
    groups = list(table.groupby("model", sort=False))
    figure, axes = style.small_multiples(
        len(groups), columns=columns, panel_size=panel_size, share_x=False, share_y=False
    )
    for panel, (model, _) in zip(axes, groups, strict=True):
        panel.set_title(shown_name(model))
    return figure, [(panel, rows) for panel, (_, rows) in zip(axes, groups, strict=True)]


def _errorbar(panel: Axes, x: pd.Series, rows: pd.DataFrame, column: str, i: int, label: str, **looks: object) -> None:
    errors = [rows[column] - rows["low"], rows["high"] - rows[column]]
    looks = {"capsize": 2, "markersize": 4, "linewidth": 1.2, "elinewidth": 0.8} | looks
    colour, marker = style.COLOURS[i % len(style.COLOURS)], MARKERS[i % len(MARKERS)]
    panel.errorbar(x, rows[column], yerr=errors, marker=marker, color=colour, label=label, **looks)


def _scale_changes(panel: Axes, rows: pd.DataFrame) -> None:
    """A line for the untouched model, and a scale on which one layer that dwarfs all others leaves them legible."""
    style.reference_line(panel, 0.0, "")
    threshold = 10.0 ** np.floor(np.log10(max(rows["change"].abs().median(), 1e-6)))
    panel.set_yscale("symlog", linthresh=threshold)
    panel.set_ylim(bottom=1.2 * min(rows["low"].min(), -threshold / 4))
    panel.yaxis.set_major_formatter("{x:g}")
    panel.set_ylabel(f"change in loss (nats per token)\nlogarithmic beyond {threshold:g}")


def _write_tokens(panel: Axes, tokens: pd.DataFrame, pale: np.ndarray) -> None:
    for (row, column), token in np.ndenumerate(tokens.to_numpy()):
        colour = "black" if pale[row, column] else "white"
        panel.text(column, row, _drawable(token), ha="center", va="center", fontsize=7, color=colour)


def _drawable(token: str) -> str:
    """A token as a short label in which every character has a glyph."""
    glyphs = _glyphs()
    return "".join(c if ord(c) in glyphs else "\N{REPLACEMENT CHARACTER}" for c in shown_token(token[:LONGEST_TOKEN]))


@cache
def _glyphs() -> frozenset[int]:
    return frozenset(get_font(findfont(FontProperties())).get_charmap())
