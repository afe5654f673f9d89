"""Names, colours and axes that the figures of rewards share."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, ScalarFormatter

from nbutils.reward.cross_fitting import UNCALIBRATED
from nbutils.reward.generator_order import LENGTH_CONTROLLED
from nbutils.reward.methods import LWR, LWR_PENALTY, MEAN, PENALTY
from nbutils.suite import figures as style

LONGEST_NAME = 30
MOST_PANELS = 12
AXES = {
    "chars": "length (characters)",
    "words": "length (words)",
    "headers": "headers",
    "lists": "list items",
    "bold": "bold phrases",
    "exclamations": "exclamation marks",
    "code": "code blocks",
}
ON_LOG_AXES = ("chars", "words")
_METHODS = (UNCALIBRATED, LWR, MEAN, LWR_PENALTY, PENALTY, LENGTH_CONTROLLED)
_COLOURS = (style.COLOURS[6], *style.COLOURS[:5])
METHOD_COLOURS = dict(zip(_METHODS, _COLOURS, strict=True))
STAGE_COLOURS = {"as scored": style.COLOURS[6], "calibrated": style.COLOURS[0]}


def shown_name(name: str) -> str:
    """A model's or subset's name as a label: its end where it is long, and nothing that matplotlib reads as formula."""
    name = name if len(name) <= LONGEST_NAME else "…" + name[-LONGEST_NAME + 1 :]
    return name.replace("$", r"\$")


def shown_models(table: pd.DataFrame, most: int) -> list[str]:
    """The first models of a table, at most so many."""
    return list(table["model"].unique()[:most])


def how_many(table: pd.DataFrame, most: int) -> str:
    """Which models are shown, as the end of a title; nothing where all are."""
    models = table["model"].nunique()
    return f" (the first {most} of {models} models)" if models > most else ""


def characteristic_axis(panel: Axes, characteristic: str, values: pd.Series) -> None:
    """Labels the x axis; lengths are drawn on a logarithmic one where all are above 0."""
    panel.set_xlabel(AXES.get(characteristic, characteristic))
    if characteristic in ON_LOG_AXES and values.min() > 0:
        panel.set_xscale("log")
        wide = values.max() > 30 * values.min()
        panel.xaxis.set_major_locator(LogLocator(subs=(1, 3) if wide else (1, 2, 3, 5), numticks=6))
        panel.xaxis.set_major_formatter(ScalarFormatter())
        panel.xaxis.set_minor_formatter(NullFormatter())


def reaches(rows: pd.DataFrame, value: str) -> list[pd.Series]:
    """How far the interval of each row reaches below and above its value; never below 0, where rounding has it."""
    return [(rows[value] - rows["low"]).clip(lower=0), (rows["high"] - rows[value]).clip(lower=0)]


def vertical_line(panel: Axes, value: float, label: str, linestyle: str = "--") -> None:
    """A reference value across all rows of a panel, with its label in the legend."""
    panel.axvline(value, color=style.REFERENCE_COLOUR, linestyle=linestyle, linewidth=1, label=label, zorder=0)


def draw_models(panel: Axes, values: pd.Series, place: float, colour: str) -> None:
    """A dot for each model in one row of a panel, and a diamond for their mean."""
    spread = np.linspace(-0.22, 0.22, len(values)) if len(values) > 1 else np.zeros(1)
    panel.plot(values, place + spread, "o", ms=4, alpha=0.6, color=colour, label="a reward model")
    panel.plot(values.mean(), place, "D", ms=8, color=colour, mec="white", label="mean over reward models")


def legend_once(figure: Figure, panel: Axes, ncols: int) -> None:
    """A legend below the figure that names what a panel draws, each label once."""
    handles, labels = panel.get_legend_handles_labels()
    once = dict(zip(labels, handles, strict=True))
    figure.legend(once.values(), once.keys(), loc="outside lower center", ncols=ncols)
