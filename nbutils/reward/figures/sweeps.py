"""The two settings of RC-LWR."""

import pandas as pd
from matplotlib.figure import Figure

from nbutils.reward.figures.look import reaches, shown_name
from nbutils.suite import figures as style

MARKERS = "os"


def gain_by_setting(table: pd.DataFrame, frac: float, alpha: float) -> Figure:
    """Held-out error by frac, gain by frac and gain by alpha; a line for each data set.

    Args:
        table: of `settings_by_data`.
        frac: value that the run uses.
        alpha: likewise.
    """
    figure, axes = style.small_multiples(3, columns=3, panel_size=(3.9, 3.3), share_x=False, share_y=False)
    for (data, part), colour, marker in zip(table.groupby("data", sort=False), style.COLOURS, MARKERS, strict=False):
        line = {"color": colour, "marker": marker, "ms": 4, "label": shown_name(data)}
        rows = part[part["setting"] == "frac"]
        axes[0].plot(rows["value"], rows["excess"], **line)
        for panel, setting in zip(axes[1:], ("frac", "alpha"), strict=True):
            rows = part[part["setting"] == setting]
            error = reaches(rows, "gain")
            panel.errorbar(rows["value"], rows["gain"], yerr=error, elinewidth=1, capsize=2, **line)
    axes[0].set(title="Which curve predicts best?", xlabel="frac", ylabel="held-out squared error above best, %")
    axes[1].set(title="Gain by frac", xlabel="frac", ylabel="percentage points of accuracy")
    axes[2].set(title="Gain by alpha", xlabel="alpha, share of the curve subtracted")
    for panel, value in zip(axes, (frac, frac, alpha), strict=True):
        panel.axvline(value, color=style.REFERENCE_COLOUR, linestyle=":", linewidth=1, label="value of this run")
    for panel in axes[1:]:
        panel.axhline(0, color=style.REFERENCE_COLOUR, linestyle="--", linewidth=1, label="no change")
    figure.legend(*axes[1].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    figure.suptitle("Settings of RC-LWR, cross-fitted")
    return figure
