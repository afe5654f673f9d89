"""What the figures of this package share."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nbutils.moe.similarity.members import PROJECTIONS
from nbutils.suite import figures as style

MOST_LAYERS = 4
COLOURS = dict(zip(PROJECTIONS, style.COLOURS, strict=False))
MARKERS = dict(zip(PROJECTIONS, "osD", strict=True))


def legend_below(figure: Figure, axes: Sequence[Axes], columns: int) -> None:
    """One legend for all panels, each label once."""
    entries = {}
    for panel in axes:
        for handle, label in zip(*panel.get_legend_handles_labels(), strict=True):
            entries.setdefault(label, handle)
    if entries:
        figure.legend(entries.values(), entries.keys(), loc="outside lower center", ncols=columns)
