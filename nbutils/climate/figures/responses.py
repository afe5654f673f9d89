"""Emissions against temperature with the fitted curves."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nbutils.climate.figures.look import first_of, legend_once, series_names, titled
from nbutils.suite import figures as style

CURVES = {
    "breakpoint": ("two segments", style.COLOURS[0], "-"),
    "dead_band": ("dead band", style.COLOURS[4], "--"),
    "lowess": ("LOWESS", style.COLOURS[3], "-."),
    "gam": ("spline (GAM)", style.COLOURS[2], ":"),
}
SPANS = {"breakpoint": ("breakpoint, 95 % interval", style.COLOURS[0])}


def responses(curves: pd.DataFrame, thresholds: pd.DataFrame, what: str = "emissions") -> Figure:
    """Adjusted values in half-degree bins, the fitted curves and the breakpoint's interval: at most twelve panels.

    Args:
        curves: of `response_curves`.
        thresholds: the table that they were made with.
        what: the values in a word.
    """
    curves = curves.assign(series=series_names(curves))
    thresholds = thresholds.assign(series=series_names(thresholds)).set_index(["series", "definition"])
    shown, cut = first_of(list(curves["series"].unique()))
    columns = min(3, len(shown))
    size = (3.3, 2.7) if columns > 1 else (6.4, 3.6)
    figure, axes = style.small_multiples(len(shown), columns=columns, panel_size=size, share_x=False, share_y=False)
    for panel, name in zip(axes, shown, strict=True):
        rows = curves[curves["series"] == name]
        area = 4 + 36 * rows["days"] / rows["days"].max()
        panel.scatter(rows["temperature_c"], rows["adjusted"], s=area, color="#AAAAAA", lw=0, label="mean of the days")
        for column, (label, colour, line) in CURVES.items():
            panel.plot(rows["temperature_c"], rows[column], line, color=colour, lw=1.5, label=label)
        _mark_threshold(panel, thresholds.loc[(name, "breakpoint")])
        panel.set(title=name, xlabel="temperature (°C)")
    for panel in axes[::columns]:
        panel.set_ylabel("% of the yearly mean")
    legend_once(figure, axes, ncols=3)
    figure.suptitle(titled(f"Daily {what} by temperature, without weekday, holiday, trend and year{cut}", curves))
    return figure


def _mark_threshold(panel: Axes, found: pd.Series) -> None:
    label, colour = SPANS["breakpoint"]
    if np.isnan(found["tc"]):
        panel.annotate("no breakpoint", (0.5, 0.94), xycoords="axes fraction", ha="center", fontsize=8)
        return
    panel.axvspan(found["low"], found["high"], color=colour, alpha=0.15, lw=0, label=label)
    turning = "" if found["slope_below"] < 0 < found["slope_above"] else ", no turn"
    text = f"{found['tc']:.1f} °C [{found['low']:.1f}, {found['high']:.1f}]{turning}"
    panel.annotate(text, (0.5, 0.94), xycoords="axes fraction", ha="center", fontsize=8, color=colour)
