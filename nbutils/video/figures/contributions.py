"""What each modality says of each second."""

import pandas as pd
from matplotlib.figure import Figure

from nbutils.suite import figures as style
from nbutils.video.figures.look import ANNOTATED, MODALITY_COLOURS, SCORE, legend_once, time_axis, titled, truth_name
from nbutils.video.selection.contributions import NOTHING


def contributions(table: pd.DataFrame, truth: pd.DataFrame, data: str) -> Figure:
    """The score of each second, and how much of it goes when a modality is left out.

    Args:
        table: of `drop_one`.
        truth: `start`, `end` (s) of annotated clips; may be empty.
        data: what the video is called.
    """
    names = [name for name in table["dropped"].unique() if name != NOTHING]
    figure, panels = style.small_multiples(1 + len(names), columns=1, panel_size=(9.0, 1.15), share_y=False)
    whole = table[table["dropped"] == NOTHING]
    panels[0].step(whole["second"], whole["score"], where="post", color=SCORE, lw=1.2)
    panels[0].set(ylabel="score", ylim=(0, 1.04))
    for panel, name in zip(panels[1:], names, strict=True):
        rows = table[table["dropped"] == name]
        panel.fill_between(rows["second"], -rows["change"], step="post", lw=0, alpha=0.9, color=MODALITY_COLOURS[name])
        panel.axhline(0, color=style.REFERENCE_COLOUR, lw=0.8)
        panel.set(ylabel=f"{name}\nadds", ylim=(-1, 1))
    for panel in panels:
        for row in truth.itertuples():
            panel.axvspan(row.start, row.end, color=ANNOTATED, alpha=0.12, lw=0, label=f"{truth_name(data)} clip")
    time_axis(panels[-1], float(whole["second"].max() + 1))
    legend_once(figure, panels, ncols=4)
    figure.suptitle(titled("what does each modality add to the score?", data))
    return figure
