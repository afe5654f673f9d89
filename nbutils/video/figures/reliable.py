"""Reliability diagrams of scores."""

import pandas as pd
from matplotlib.figure import Figure

from nbutils.suite import figures as style
from nbutils.suite.unmeasured_figure import drawn_if_measured
from nbutils.video.figures.look import CLIP, legend_once, titled

TRUE = {"seconds": "lie in an annotated clip", "clips": "match an annotated clip at tIoU .5"}


@drawn_if_measured
def reliability(bins: pd.DataFrame, errors: pd.DataFrame, data: str) -> Figure:
    """How often scores come true, for seconds and for clips.

    Args:
        bins: of `calibration`.
        errors: of `calibration`.
        data: what the windows are called.
    """
    kinds = list(errors["of"])
    figure, panels = style.small_multiples(len(kinds), columns=2, panel_size=(4.2, 3.4))
    found = errors.set_index("of")
    for panel, of in zip(panels, kinds, strict=True):
        rows = bins[bins["of"] == of]
        panel.plot([0, 1], [0, 1], "--", color=style.REFERENCE_COLOUR, lw=1, label="as often right as it says")
        panel.errorbar(
            rows["mean_score"],
            rows["matched"],
            yerr=[(rows["matched"] - rows["low"]).clip(lower=0), (rows["high"] - rows["matched"]).clip(lower=0)],
            fmt="o-",
            ms=4,
            lw=1,
            color=CLIP,
            label="share in a bin of scores, 95 % interval of independent cases",
        )
        for row in rows.itertuples():
            panel.annotate(str(row.n), (row.mean_score, 1.1), ha="center", fontsize=7, color=style.REFERENCE_COLOUR)
        panel.set(
            title=f"{of.title()}: error {found.loc[of, 'value']:.3f}, by chance {found.loc[of, 'null']:.3f}",
            xlabel=f"score (above: how many {of})",
            ylabel=f"share that {TRUE[of]}",
            xlim=(-0.03, 1.03),
            ylim=(-0.03, 1.17),
        )
    legend_once(figure, panels, ncols=2)
    figure.suptitle(titled("do scores mean what they say?", data))
    return figure
