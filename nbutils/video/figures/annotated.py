"""Lengths of annotated clips and gaps between them."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from nbutils.suite import figures as style
from nbutils.suite.unmeasured_figure import drawn_if_measured
from nbutils.video.figures.look import legend_once, shown_name, titled, vertical_line
from nbutils.video.published import MEDIAN_GAP, MEDIAN_LENGTH

LONGEST = 120
PANELS = {"length": ("Length of a clip", MEDIAN_LENGTH), "gap": ("Time to the next clip", MEDIAN_GAP)}


@drawn_if_measured
def lengths_and_gaps(table: pd.DataFrame, data: str) -> Figure:
    """How long clips are and how far apart, by file; what is beyond two minutes counts at two minutes.

    Args:
        table: of `lengths_and_gaps`.
        data: what the windows are called.
    """
    figure, panels = style.small_multiples(2, columns=2, panel_size=(4.2, 3.0), share_y=False)
    edges = np.arange(0, min(LONGEST, table["seconds"].max()) + 6, 6)
    for panel, (quantity, (title, median)) in zip(panels, PANELS.items(), strict=True):
        for number, (split, rows) in enumerate(table[table["quantity"] == quantity].groupby("split", sort=False)):
            seconds = rows["seconds"].clip(upper=LONGEST)
            panel.hist(
                seconds,
                edges,
                weights=np.full(len(seconds), 100 / len(seconds)),
                histtype="step",
                lw=1.5,
                color=style.COLOURS[number % len(style.COLOURS)],
                label=shown_name(str(split)),
            )
        vertical_line(panel, median, "median in Repurpose-10K")
        panel.set(title=title, xlabel="s", ylabel="% of them")
    legend_once(figure, panels, ncols=4)
    figure.suptitle(titled("how long are annotated clips, and how far apart?", data))
    return figure
