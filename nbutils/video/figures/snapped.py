"""What snapping does to clips."""

import pandas as pd
from matplotlib.figure import Figure

from nbutils.suite import figures as style
from nbutils.suite.unmeasured_figure import drawn_if_measured
from nbutils.video.figures.look import CLIP, legend_once, titled


@drawn_if_measured
def snapping(cost: pd.DataFrame, means: pd.DataFrame, data: str) -> Figure:
    """How far ends move, and overlap with annotated clips before and after.

    Args:
        cost: of `snapping_cost`.
        means: of `mean_cost`.
        data: what the windows are called.
    """
    figure, (moved, overlap) = style.small_multiples(2, columns=2, panel_size=(4.4, 3.4), share_x=False, share_y=False)
    for number, name in enumerate(("start", "end")):
        move = cost[name] - cost[f"{name}_before"]
        moved.hist(move, bins=12, histtype="step", lw=1.5, color=style.COLOURS[number], label=f"{name} of a clip")
    moved.set(xlabel="moved by snapping (s)", ylabel="clips", title="How far ends are moved")
    overlap.plot([0, 1], [0, 1], "--", color=style.REFERENCE_COLOUR, lw=1, label="no change")
    overlap.plot(cost["tiou_before"], cost["tiou_after"], "o", ms=4, alpha=0.5, mew=0, color=CLIP, label="a clip")
    value, low, high = means.set_index("measure").loc["tiou_change", ["value", "low", "high"]]
    interval = "" if pd.isna(low) else f" [{low:+.3f}, {high:+.3f}]"
    overlap.set(
        xlabel="tIoU with an annotated clip before",
        ylabel="tIoU after",
        xlim=(-0.03, 1.03),
        ylim=(-0.03, 1.03),
        title=f"Mean change {value:+.3f}{interval}",
    )
    legend_once(figure, [moved, overlap], ncols=4)
    figure.suptitle(titled("what does snapping to sentences cost?", data))
    return figure
