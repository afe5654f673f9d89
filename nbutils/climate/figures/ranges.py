"""How far the days of a year differ."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from nbutils.climate.figures.look import legend_once, reaches, series_names, titled
from nbutils.climate.published import PUBLISHED_RANGE, PUBLISHED_RANGE_YEAR
from nbutils.suite import figures as style
from nbutils.suite.unmeasured_figure import drawn_if_measured

MARKERS = "osD^vP<>"


@drawn_if_measured
def ranges(table: pd.DataFrame) -> Figure:
    """Largest less smallest day of each year in % of its mean, as it is and of weekly means.

    Args:
        table: of `daily_range`.
    """
    table = table.assign(series=series_names(table))
    lengths = list(table["smoothing_days"].unique())
    figure, axes = style.small_multiples(len(lengths), columns=2, panel_size=(5.0, 3.5))
    names = list(table["series"].unique())
    for panel, length in zip(axes, lengths, strict=True):
        for number, name in enumerate(names):
            rows = table[(table["series"] == name) & (table["smoothing_days"] == length)]
            beside = rows["year"] + 0.4 * (number / max(len(names) - 1, 1) - 0.5)
            panel.errorbar(
                beside,
                rows["range_percent"],
                yerr=reaches(rows, "range_percent"),
                fmt=MARKERS[number % len(MARKERS)] + "-",
                ms=4,
                lw=0.8,
                color=style.COLOURS[number % len(style.COLOURS)],
                label=name,
            )
        panel.set(xlabel="year", title="Single days" if length == 1 else f"Means of {length} days", ylim=(0, None))
        panel.xaxis.get_major_locator().set_params(integer=True)
    for line, (country, percent) in zip(("--", ":"), PUBLISHED_RANGE.items(), strict=True):
        label = f"{country} {PUBLISHED_RANGE_YEAR}, published"
        axes[0].axhline(percent, color=style.REFERENCE_COLOUR, linestyle=line, lw=1, label=label)
    axes[0].set_ylabel("(largest - smallest) / mean of the year (%)")
    axes[0].set_xlim(table["year"].min() - 0.6, table["year"].max() + 0.6)
    legend_once(figure, axes, ncols=int(np.clip(len(names), 1, 4)))
    figure.suptitle(titled("How far the days of a year differ", table))
    return figure
