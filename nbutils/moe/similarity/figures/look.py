"""What the figures of this package share."""

from collections.abc import Callable, Sequence
from functools import wraps

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nbutils.moe.similarity.members import PROJECTIONS
from nbutils.suite import figures as style

MOST_LAYERS = 4
COLOURS = dict(zip(PROJECTIONS, style.COLOURS, strict=False))
MARKERS = dict(zip(PROJECTIONS, "osD", strict=True))


def drawn_if_measured(draw: Callable[..., Figure]) -> Callable[..., Figure]:
    """A figure that says so where its table is empty, as after a run on weights alone."""

    @wraps(draw)
    def drawn(table: pd.DataFrame, *others: pd.DataFrame) -> Figure:
        if not table.empty:
            return draw(table, *others)
        figure = Figure(figsize=(4.0, 0.6))
        figure.text(0.5, 0.5, "not measured", ha="center", va="center")
        return figure

    return drawn


def legend_below(figure: Figure, axes: Sequence[Axes], columns: int) -> None:
    """One legend for all panels, each label once."""
    entries = {}
    for panel in axes:
        for handle, label in zip(*panel.get_legend_handles_labels(), strict=True):
            entries.setdefault(label, handle)
    if entries:
        figure.legend(entries.values(), entries.keys(), loc="outside lower center", ncols=columns)
