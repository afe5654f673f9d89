"""What things add to matched mAP."""

import pandas as pd
from matplotlib.figure import Figure

from nbutils.suite import figures as style
from nbutils.suite.unmeasured_figure import drawn_if_measured
from nbutils.video.figures.look import CLIP, legend_once, reaches, rows_axis, titled, vertical_line


@drawn_if_measured
def gains(table: pd.DataFrame, question: str, data: str) -> Figure:
    """A row for each thing with what it adds, its interval, and the two values behind it.

    Args:
        table: of `dropped_gains`, `anchor_gains` or `ablation_gains`, in any number together.
        question: the figure's title.
        data: what the windows are called.
    """
    figure, [panel] = style.small_multiples(1, panel_size=(7.4, 1.1 + 0.34 * len(table)))
    places = range(len(table))
    panel.errorbar(
        100 * table["value"],
        places,
        xerr=reaches(table),
        fmt="o",
        ms=5,
        lw=1.2,
        color=CLIP,
        label="gain, 95 % interval over videos",
    )
    vertical_line(panel, 0, "no difference")
    rows_axis(panel, list(table["name"]))
    for place, row in zip(places, table.itertuples(), strict=True):
        panel.annotate(
            f"{100 * row.whole:.1f} against {100 * row.without:.1f}",
            (1.01, place),
            xycoords=("axes fraction", "data"),
            va="center",
            fontsize=8,
        )
    panel.set_xlabel("matched mAP gained (percentage points)")
    legend_once(figure, [panel], ncols=2)
    figure.suptitle(titled(question, data))
    return figure
