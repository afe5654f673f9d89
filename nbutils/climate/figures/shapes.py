"""Is there a breakpoint, and which shape fits?"""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from nbutils.climate.figures.look import legend_once, rows_axis, series_names, titled, vertical_line
from nbutils.suite import figures as style

LEVEL = 0.05
MODEL_NAMES = {"line": "line", "two_segments": "two segments", "dead_band": "dead band", "spline": "spline"}


def existence(thresholds: pd.DataFrame) -> Figure:
    """p-value of a straight line for every series.

    Args:
        thresholds: of `thresholds`.
    """
    rows = thresholds[thresholds["definition"] == "breakpoint"].sort_values(["country", "sector"])
    figure, [panel] = style.small_multiples(1, panel_size=(6.6, 1.2 + 0.22 * len(rows)))
    bends = rows["p_exists"] <= LEVEL
    turns = bends & (rows["turns"] >= 1 - LEVEL)
    for kind, colour, marker, label in (
        (turns, style.COLOURS[0], "o", "a breakpoint: emissions fall below and rise above"),
        (bends & ~turns, style.COLOURS[4], "s", "a breakpoint, but no sure turn"),
        (~bends, style.COLOURS[1], "x", "a straight line is not rejected"),
    ):
        places = np.flatnonzero(kind)
        if len(places):
            panel.plot(rows["p_exists"].to_numpy()[places], places, marker, color=colour, label=label)
    vertical_line(panel, LEVEL, "5 %")
    rows_axis(panel, list(series_names(rows)))
    panel.set_xscale("log")
    panel.set(xlabel="p of a straight line, under autocorrelated residuals", xlim=(0.0015, 1.3))
    legend_once(figure, [panel], ncols=2)
    figure.suptitle(titled("Is there a breakpoint at all?", rows))
    return figure


def models(choice: pd.DataFrame) -> Figure:
    """How much worse than the best each shape is for every series, by BIC and by blocked cross-validation.

    Args:
        choice: of `model_choice`.
    """
    choice = choice.assign(series=series_names(choice))
    keys = choice.groupby("series", sort=False)
    choice["bic_above"] = choice["bic"] - keys["bic"].transform("min")
    choice["cv_above"] = 100 * (choice["cv_error"] / keys["cv_error"].transform("min") - 1)
    series = list(choice["series"].unique())
    figure, axes = style.small_multiples(
        2, columns=2, panel_size=(4.4, 1.0 + 0.24 * len(series)), share_x=False, share_y=False
    )
    titles = {
        "bic_above": ("BIC above the least", 20.0),
        "cv_above": ("Error on blocks left out,\n% above the least", 10.0),
    }
    for panel, (column, (title, most)) in zip(axes, titles.items(), strict=True):
        table = choice.pivot(index="series", columns="model", values=column).loc[series, list(MODEL_NAMES)]
        image = panel.imshow(table, cmap=style.SEQUENTIAL, vmin=0, vmax=most, aspect="auto")
        for (row, place), value in np.ndenumerate(table.to_numpy()):
            colour = "black" if value > most / 2 else "white"
            panel.text(place, row, f"{value:.1f}", ha="center", va="center", color=colour, fontsize=7)
        panel.set_xticks(range(len(MODEL_NAMES)), MODEL_NAMES.values())
        panel.set_yticks(range(len(series)), series if column == "bic_above" else [])
        panel.spines[:].set_visible(False)
        panel.set_title(title)
        figure.colorbar(image, ax=panel, extend="max")
    figure.suptitle(titled("Which shape fits? 0 is the best of a row", choice))
    return figure
