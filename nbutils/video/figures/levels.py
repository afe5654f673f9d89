"""Metrics of the scorer between those of clips that know nothing and everything."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from nbutils.suite import figures as style
from nbutils.suite.unmeasured_figure import drawn_if_measured
from nbutils.video.figures.look import CLIP, FAINT, legend_once, reaches, rows_axis, titled
from nbutils.video.published import ANCHORS

SHOWN = {
    ("matched mAP", None): "matched mAP",
    ("AR", None): "AR",
    ("R1", 0.5): "R1@.5",
    ("R1", 0.7): "R1@.7",
    ("HL-mAP", None): "HL-mAP",
    ("HL-Hit@1", None): "HL-Hit@1",
    ("mean best-match precision", None): "best-match precision",
}
# What the names of anchors begin with, from knowing nothing to knowing everything; a scorer comes before all.
ORDER = ("random", "tiling", "every second alike", "oracle repeating one clip", "capped oracle", "full oracle")
MEASURES = ("mean best-match precision", "matched mAP", "AR")


@drawn_if_measured
def metrics(table: pd.DataFrame, data: str) -> Figure:
    """A panel for each metric, a row for each predictor and anchor.

    Args:
        table: of `evaluation`.
        data: what the windows are called.
    """
    names = sorted(table["predictor"].unique(), key=_place)
    figure, panels = style.small_multiples(
        len(SHOWN), columns=4, panel_size=(2.3, 0.9 + 0.24 * len(names)), share_x=False, share_y=False
    )
    for number, (panel, ((metric, tiou), title)) in enumerate(zip(panels, SHOWN.items(), strict=True)):
        rows = table[(table["metric"] == metric) & (table["tiou"].isna() if tiou is None else table["tiou"] == tiou)]
        for anchor, colour in ((False, CLIP), (True, FAINT)):
            part = rows[rows["anchor"] == anchor]
            panel.errorbar(
                100 * part["value"],
                part["predictor"].map(names.index),
                xerr=reaches(part),
                fmt="s" if anchor else "o",
                ms=4 if anchor else 6,
                lw=1.2,
                color=colour,
                label="anchor" if anchor else "scorer, 95 % interval over videos",
            )
        rows_axis(panel, names if number % 4 == 0 else [""] * len(names))
        panel.set(title=title, xlim=(-4, 104), xlabel="%")
    legend_once(figure, panels, ncols=2)
    figure.suptitle(titled("how good are the clips, between knowing nothing and knowing all?", data))
    return figure


@drawn_if_measured
def released(table: pd.DataFrame, data: str) -> Figure:
    """The released metric beside matched mAP and AR, with the anchors' figures on test.json.

    Args:
        table: of `released_metrics`.
        data: what the windows are called.
    """
    names = list(dict.fromkeys(table["predictor"]))
    figure, [panel] = style.small_multiples(1, panel_size=(7.4, 1.0 + 0.42 * len(names)))
    shifts = np.linspace(-0.22, 0.22, len(MEASURES))
    for number, (metric, shift) in enumerate(zip(MEASURES, shifts, strict=True)):
        rows = table[table["metric"] == metric]
        colour = style.COLOURS[(1, 0, 2)[number]]
        panel.errorbar(
            100 * rows["value"],
            rows["predictor"].map(names.index) + shift,
            xerr=reaches(rows),
            fmt="oDs"[number],
            ms=5,
            lw=1.2,
            color=colour,
            label=metric.removeprefix("mean "),
        )
        known = [(name, figures[number]) for name, figures in ANCHORS.items() if name in names]
        panel.plot(
            [value for _, value in known],
            [names.index(name) + shift for name, _ in known],
            "*",
            ms=9,
            color=colour,
            mec="white",
            mew=0.6,
            label="star: the same on Repurpose-10K's test.json",
        )
    rows_axis(panel, names)
    panel.set(xlabel="% (mean over tIoU .5 to .9), 95 % interval over videos", xlim=(-3, 103))
    legend_once(figure, [panel], ncols=4)
    figure.suptitle(titled("what do the released metric and cap reward?", data))
    return figure


def _place(name: str) -> int:
    """Where a predictor stands among the anchors, -1 for a scorer."""
    return next((place for place, begin in enumerate(ORDER) if name.startswith(begin)), -1)
