"""Does the chosen response happen to be the longer one, and what does a calibration do then?"""

import pandas as pd
from matplotlib.figure import Figure

from nbutils.reward.confounding import LEAST_DEPARTURE
from nbutils.reward.figures.look import AXES, ON_LOG_AXES, reaches, shown_name, vertical_line
from nbutils.suite import figures as style

FREE, WARNED = style.COLOURS[0], style.COLOURS[1]


def chosen_longer(table: pd.DataFrame) -> Figure:
    """Share of pairs whose chosen response has more of a characteristic, by subset: one panel for each data set.

    Args:
        table: rows of `confounding`, with a column `data`.
    """
    groups = list(table.groupby(["data", "characteristic"], sort=False))
    rows = max(len(part) for _, part in groups)
    figure, axes = style.small_multiples(
        len(groups), columns=2, panel_size=(4.8, 1.0 + 0.21 * rows), share_x=False, share_y=False
    )
    for panel, ((data, characteristic), part) in zip(axes, groups, strict=True):
        panel.axvspan(0.5 - LEAST_DEPARTURE, 0.5 + LEAST_DEPARTURE, color="#EEEEEE", lw=0, label="no warning within")
        vertical_line(panel, 0.5, "they do not go together")
        for fired, colour, label in ((False, FREE, "no warning"), (True, WARNED, "warning: confounded")):
            places = [place for place, warned in enumerate(part["confounded"]) if warned == fired]
            shown = part.iloc[places]
            error = reaches(shown, "share")
            panel.errorbar(shown["share"], places, xerr=error, fmt="o", ms=5, elinewidth=1, color=colour, label=label)
        names = [f"{shown_name(row.subset)}  (n = {row.n})" for row in part.itertuples()]
        panel.set_yticks(range(len(part)), names)
        panel.set_ylim(rows - 0.5, -0.5)
        panel.set(xlim=(0, 1), title=shown_name(data))
        what = "longer" if characteristic in ON_LOG_AXES else f"has more {AXES.get(characteristic, characteristic)}"
        panel.set_xlabel(f"share of pairs, chosen response {what}")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    figure.suptitle("Do the label and what is removed go together?")
    return figure


def gain_by_association(table: pd.DataFrame) -> Figure:
    """Gain and firing rate of the warning against the share of pairs whose chosen response is the longer one."""
    figure, axes = style.small_multiples(2, columns=2, panel_size=(5.0, 3.7), share_y=False)
    styles = iter([("-", style.COLOURS[0]), (":", style.COLOURS[6]), ("-", style.COLOURS[1])])
    for (models, subtracted), rows in table.groupby(["models", "subtracted"], sort=False):
        line, colour = next(styles)
        axes[0].fill_between(rows["share"], rows["low"], rows["high"], color=colour, alpha=0.2, lw=0)
        axes[0].plot(rows["share"], rows["gain"], line, marker="o", ms=4, color=colour, label=f"{models}, {subtracted}")
    style.reference_line(axes[0], 0, "no change")
    axes[0].set(title="Gain, mean over models", ylabel="percentage points of accuracy, 95 % interval")
    once = table.drop_duplicates("association")
    axes[1].plot(once["share"], once["warned"], "-o", ms=4, color=WARNED)
    axes[1].set(title="How often the confounding warning fires", ylabel="share of simulations", ylim=(-0.03, 1.05))
    for panel in axes:
        panel.axvspan(0.5 - LEAST_DEPARTURE, 0.5 + LEAST_DEPARTURE, color="#EEEEEE", lw=0, zorder=0)
        panel.set_xlabel("share of pairs whose chosen response is the longer one")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=1)
    figure.suptitle("Simulation: calibration where label and length go together")
    return figure
