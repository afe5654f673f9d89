"""Emissions on hot and cold days, and their trends."""

import pandas as pd
from matplotlib.figure import Figure

from nbutils.climate.figures.look import legend_once, reaches, rows_axis, series_names, titled, vertical_line
from nbutils.suite import figures as style
from nbutils.suite.unmeasured_figure import drawn_if_measured

KINDS = {"hot": style.COLOURS[1], "cold": style.COLOURS[0]}
MEAN_YEARS = 11
QUANTITIES = {
    "share": "Share of the year's emissions",
    "excess": "Emissions above those of normal days",
}


@drawn_if_measured
def extremes_by_year(table: pd.DataFrame) -> Figure:
    """Share of each year's emissions on hot and on cold days and its running mean, one panel a kind.

    Args:
        table: of `extremes_by_year`.
    """
    table = table.assign(series=series_names(table))
    kinds = list(table["kind"].unique())
    figure, axes = style.small_multiples(len(kinds), columns=2, panel_size=(5.0, 3.3))
    for panel, kind in zip(axes, kinds, strict=True):
        for number, (name, rows) in enumerate(table[table["kind"] == kind].groupby("series", sort=False)):
            colour = style.COLOURS[number % len(style.COLOURS)]
            panel.plot(rows["year"], rows["share"], ".", ms=3, alpha=0.5, color=colour)
            means = rows["share"].rolling(MEAN_YEARS, center=True).mean()
            panel.plot(rows["year"], means, lw=1.5, color=colour, label=f"{name}, {MEAN_YEARS}-year means")
        percentile = table.loc[table["kind"] == kind, "percentile"].iloc[0]
        side = "above" if kind == "hot" else "below"
        panel.set(title=f"{kind.title()} days: {side} the {percentile:.0f}th percentile", xlabel="year")
        style.reference_line(panel, 10, "a tenth of the days")
    axes[0].set_ylabel("% of the year's emissions")
    legend_once(figure, axes, ncols=3)
    figure.suptitle(titled("Emissions on days of extreme temperature", table))
    return figure


@drawn_if_measured
def extreme_trends(table: pd.DataFrame) -> Figure:
    """Trend of share and excess on hot and cold days, by series.

    Args:
        table: of `extreme_trends`.
    """
    table = table.assign(series=series_names(table))
    series = list(table["series"].unique())
    figure, axes = style.small_multiples(
        2, columns=2, panel_size=(4.8, 1.3 + 0.35 * len(series)), share_x=False, share_y=False
    )
    for panel, (quantity, title) in zip(axes, QUANTITIES.items(), strict=True):
        for shift, (kind, colour) in zip((-0.12, 0.12), KINDS.items(), strict=True):
            rows = table[(table["quantity"] == quantity) & (table["kind"] == kind)]
            places = rows["series"].map(series.index) + shift
            marker = "o" if kind == "hot" else "s"
            panel.errorbar(
                rows["trend"],
                places,
                xerr=reaches(rows, "trend"),
                fmt=marker,
                ms=5,
                lw=1,
                color=colour,
                label=f"{kind} days, 95 % interval",
            )
        vertical_line(panel, 0, "no trend")
        rows_axis(panel, series if quantity == "share" else [""] * len(series))
        panel.set(title=title, xlabel="trend (% of the year's emissions per decade)")
    legend_once(figure, axes, ncols=3)
    figure.suptitle(titled("Trends of emissions on days of extreme temperature", table))
    return figure
