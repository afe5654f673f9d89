"""Daily emissions in a calendar."""

import pandas as pd
from matplotlib.figure import Figure

from nbutils.climate.figures.look import first_of, series_names, titled
from nbutils.suite import figures as style
from nbutils.suite.unmeasured_figure import drawn_if_measured

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


@drawn_if_measured
def calendar_map(table: pd.DataFrame) -> Figure:
    """Emissions of every day of a year against the year's mean, weeks by weekdays: at most six series.

    Args:
        table: of `calendars`.
    """
    table = table.assign(series=series_names(table))
    shown, cut = first_of(list(table["series"].unique()), 6)
    columns = min(2, len(shown))
    figure, axes = style.small_multiples(
        len(shown), columns=columns, panel_size=(5.2, 1.35), share_x=False, share_y=False
    )
    reach = table["relative"].abs().quantile(0.99)
    for panel, name in zip(axes, shown, strict=True):
        rows = table[table["series"] == name]
        cells = rows.pivot(index="weekday", columns="week", values="relative")
        image = panel.imshow(cells, cmap=style.DIVERGING, vmin=-reach, vmax=reach, aspect="auto")
        firsts = rows[rows["date"].dt.day == 1]
        panel.set_xticks(firsts["week"] - cells.columns[0], [MONTHS[month - 1] for month in firsts["date"].dt.month])
        panel.set_yticks([0, 2, 4, 6], [WEEKDAYS[day] for day in (0, 2, 4, 6)])
        panel.spines[:].set_visible(False)
        panel.set_title(f"{name}, {rows['year'].iloc[0]}")
    figure.colorbar(image, ax=axes, label="% above the year's mean", extend="both")
    figure.suptitle(titled(f"Every day of a year{cut}", table))
    return figure
