"""Names, colours and marks that the figures of emissions share."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nbutils.climate.simulated import SIMULATED
from nbutils.suite import figures as style

LONGEST_NAME = 26
MOST_PANELS = 12
DEFINITION_NAMES = {
    "breakpoint": "breakpoint",
    "dead_band_low": "dead band, lower end",
    "dead_band_high": "dead band, upper end",
    "lowess_minimum": "minimum of LOWESS",
    "gam_minimum": "minimum of the spline (GAM)",
    "binned_median_minimum": "minimum of binned medians",
}
_MARKS = zip(style.COLOURS[:6], "o<>sDv", strict=True)
DEFINITION_MARKS = dict(zip(DEFINITION_NAMES, _MARKS, strict=True))


def shown_name(name: str) -> str:
    """A name as a label: its start where it is long, and nothing that matplotlib reads as formula."""
    name = name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"
    return name.replace("$", r"\$")


def titled(title: str, table: pd.DataFrame) -> str:
    """The title, led by what the countries are where some are simulated."""
    simulated = table["country"].astype(str).str.startswith(SIMULATED)
    if not simulated.any():
        return title
    return f"{'Simulation' if simulated.all() else 'Simulated and real series'}: {title[0].lower()}{title[1:]}"


def series_names(table: pd.DataFrame) -> pd.Series:
    """Country and sector of each row as one label."""
    return table["country"].astype(str).map(shown_name) + ", " + table["sector"].astype(str)


def first_of(names: list[str], most: int = MOST_PANELS) -> tuple[list[str], str]:
    """The first names, and the end of a title that says so where there are more."""
    return names[:most], f" (the first {most} of {len(names)})" if len(names) > most else ""


def reaches(rows: pd.DataFrame, value: str) -> list[pd.Series]:
    """How far the interval of each row reaches below and above its value; never below 0."""
    return [(rows[value] - rows["low"]).clip(lower=0), (rows["high"] - rows[value]).clip(lower=0)]


def rows_axis(panel: Axes, names: list[str]) -> None:
    """Names down the y axis, the first on top, with a hair line between two."""
    panel.set_yticks(range(len(names)), names)
    panel.set_ylim(len(names) - 0.5, -0.5)
    for place in range(1, len(names)):
        panel.axhline(place - 0.5, color="#EEEEEE", lw=0.8, zorder=0)


def vertical_line(panel: Axes, value: float, label: str, linestyle: str = "--") -> None:
    """A reference value across all rows of a panel, with its label in the legend."""
    panel.axvline(value, color=style.REFERENCE_COLOUR, linestyle=linestyle, linewidth=1, label=label, zorder=0)


def legend_once(figure: Figure, panels: list[Axes], ncols: int) -> None:
    """A legend below the figure that names what the panels draw, each label once."""
    once = {}
    for panel in panels:
        handles, labels = panel.get_legend_handles_labels()
        once = dict(zip(labels, handles, strict=True)) | once
    figure.legend(once.values(), once.keys(), loc="outside lower center", ncols=ncols)
