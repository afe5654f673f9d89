"""How well daily emissions are told from monthly totals."""

import pandas as pd
from matplotlib.dates import DateFormatter, MonthLocator
from matplotlib.figure import Figure

from nbutils.climate.figures.look import first_of, legend_once, reaches, rows_axis, series_names, titled, vertical_line
from nbutils.suite import figures as style
from nbutils.suite.unmeasured_figure import drawn_if_measured

MODELS = ("gradient boosting", "hinge regression", "weekday means")
SPLITS = {"years left out": True, "random days": False}
SHOWN_DAYS = 120


@drawn_if_measured
def skill(table: pd.DataFrame) -> Figure:
    """R2 of the daily ratio on days that were not learnt from: years left out, and random days, which leak.

    Args:
        table: of `skill_over_years`.
    """
    table = table[table["statistic"] == "r2"]
    table = table.assign(series=series_names(table))
    series = list(table["series"].unique())
    figure, [panel] = style.small_multiples(1, panel_size=(6.8, 1.3 + 0.42 * len(series)))
    for number, model in enumerate(MODELS):
        for split, filled in SPLITS.items():
            part = table[(table["model"] == model) & (table["split"] == split)]
            places = part["series"].map(series.index) + 0.25 * (number - 1) + (-0.05 if filled else 0.05)
            colour = style.COLOURS[number]
            panel.errorbar(
                part["value"],
                places,
                xerr=reaches(part, "value"),
                fmt="o" if filled else "D",
                ms=5,
                lw=1,
                color=colour,
                mfc=colour if filled else "white",
                label=f"{model}, {split}",
            )
    vertical_line(panel, 0, "every day alike")
    rows_axis(panel, series)
    panel.set_xlabel("R² of the ratio of a day to its month, mean over years, 95 % interval")
    legend_once(figure, [panel], ncols=2)
    figure.suptitle(titled("Can a day's share of its month be predicted in a year that was not seen?", table))
    return figure


@drawn_if_measured
def back_cast(cast: pd.DataFrame, skill: pd.DataFrame) -> Figure:
    """The first months of the back-cast beside the days that are known, at most six series.

    Args:
        cast: of `back_cast_by_month`.
        skill: of `back_cast_by_month`, over years.
    """
    cast = cast.assign(series=series_names(cast))
    shown, cut = first_of(list(cast["series"].unique()), 6)
    figure, axes = style.small_multiples(
        len(shown), columns=min(2, len(shown)), panel_size=(5.0, 2.1), share_x=False, share_y=False
    )
    skill = skill[(skill["model"] == "back-cast") & (skill["statistic"] == "r2")]
    r2 = skill.assign(series=series_names(skill)).set_index("series")["value"]
    for panel, name in zip(axes, shown, strict=True):
        rows = cast[cast["series"] == name].head(SHOWN_DAYS)
        scale = 100 / rows["monthly_mean"]
        panel.fill_between(
            rows["date"],
            rows["low"] * scale,
            rows["high"] * scale,
            color=style.COLOURS[0],
            alpha=0.2,
            lw=0,
            label="95 % interval",
        )
        panel.plot(rows["date"], rows["value"] * scale, color=style.COLOURS[0], lw=1.2, label="back-cast")
        panel.plot(rows["date"], rows["known"] * scale, ".", ms=3, color=style.COLOURS[1], label="known")
        panel.set_title(f"{name}: R² {r2[name]:.2f} over all years")
        panel.xaxis.set_major_locator(MonthLocator())
        panel.xaxis.set_major_formatter(DateFormatter("%b %Y"))
        panel.set_ylabel("% of the month's mean")
    legend_once(figure, axes, ncols=3)
    figure.suptitle(titled(f"Days from monthly totals, in years that were not learnt from{cut}", cast))
    return figure
