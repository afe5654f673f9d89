"""Critical temperatures of all series: by definition, and ranked."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nbutils.climate.figures.look import (
    DEFINITION_MARKS,
    DEFINITION_NAMES,
    first_of,
    legend_once,
    reaches,
    rows_axis,
    series_names,
    shown_name,
    titled,
)
from nbutils.climate.published import PUBLISHED_TC, published
from nbutils.suite import figures as style

SPREAD = 0.36
WIDEST_C = 15.0


def forest(thresholds: pd.DataFrame, planted: pd.DataFrame) -> Figure:
    """Tc of at most twelve countries with its interval: a panel for each sector, a mark for each definition.

    Args:
        thresholds: of `thresholds`.
        planted: of the simulated countries; may be empty.
    """
    sectors = sorted(thresholds["sector"].unique(), key=lambda sector: (sector != "total", sector))
    shown, cut = first_of(list(dict.fromkeys(thresholds["country"])))
    columns = min(3, len(sectors))
    figure, axes = style.small_multiples(
        len(sectors), columns=columns, panel_size=(3.5, 0.9 + 0.5 * len(shown)), share_x=False, share_y=False
    )
    offsets = dict(zip(DEFINITION_NAMES, np.linspace(-SPREAD, SPREAD, len(DEFINITION_NAMES)), strict=True))
    for panel, sector in zip(axes, sectors, strict=True):
        rows = thresholds[(thresholds["sector"] == sector) & thresholds["country"].isin(shown)]
        for definition, part in rows.groupby("definition", sort=False):
            colour, marker = DEFINITION_MARKS[definition]
            places = part["country"].map(shown.index) + offsets[definition]
            panel.errorbar(
                part["tc"],
                places,
                xerr=reaches(part, "tc"),
                fmt=marker,
                ms=4,
                lw=1,
                color=colour,
                label=DEFINITION_NAMES[definition],
            )
        for place, country in enumerate(shown):
            known = _planted(planted, country, sector)
            if len(known):
                panel.plot(known, np.full(len(known), place), "k|", ms=22, mew=1.5, label="planted (simulation)")
            reference = published(PUBLISHED_TC, country)
            if reference is not None:
                panel.plot(reference, place, "*", ms=10, color=style.COLOURS[6], label="published")
            if country not in set(rows.loc[rows["tc"].notna(), "country"]):
                middle = {"xycoords": ("axes fraction", "data"), "ha": "center", "va": "center"}
                panel.annotate("no breakpoint", (0.5, place), fontsize=7, **middle)
        rows_axis(panel, [shown_name(country) for country in shown])
        _limit(panel, rows)
        circular = rows["flags"].str.contains("circular").any()
        panel.set(title=f"{sector}, made from temperature" if circular else sector, xlabel="Tc (°C)")
    for number, panel in enumerate(axes):
        if number % columns:
            panel.set_yticklabels([])
    legend_once(figure, axes, ncols=3)
    figure.suptitle(titled(f"Critical temperatures under six definitions, 95 % intervals{cut}", thresholds))
    return figure


def ranked(thresholds: pd.DataFrame) -> Figure:
    """Breakpoint and minimum of every series that has one, ranked by the breakpoint.

    Args:
        thresholds: of `thresholds`, of one sector a country.
    """
    rows = thresholds.assign(series=series_names(thresholds))
    order = rows[rows["definition"] == "breakpoint"].dropna(subset=["tc"]).sort_values("tc")["series"].tolist()
    figure, [panel] = style.small_multiples(1, panel_size=(6.8, 1.2 + 0.26 * max(len(order), 1)))
    for definition, shift in (("breakpoint", -0.12), ("lowess_minimum", 0.12)):
        colour, marker = DEFINITION_MARKS[definition]
        part = rows[(rows["definition"] == definition) & rows["series"].isin(order)]
        places = part["series"].map(order.index) + shift
        panel.errorbar(
            part["tc"],
            places,
            xerr=reaches(part, "tc"),
            fmt=marker,
            ms=5,
            lw=1.2,
            color=colour,
            label=f"{DEFINITION_NAMES[definition]}, 95 % interval",
        )
    for name, value in PUBLISHED_TC.items():
        panel.axvline(value, color=style.REFERENCE_COLOUR, linestyle=":", lw=1, zorder=0)
        panel.annotate(
            f"{name} {value}",
            (value, 1),
            xycoords=panel.get_xaxis_transform(),
            xytext=(0, 2),
            textcoords="offset points",
            rotation=45,
            fontsize=7,
            color=style.REFERENCE_COLOUR,
        )
    rows_axis(panel, order)
    panel.set_xlabel("temperature (°C); dotted: published for real countries")
    _limit(panel, thresholds[thresholds["definition"].isin(["breakpoint", "lowess_minimum"])])
    legend_once(figure, [panel], ncols=2)
    figure.suptitle(titled("Breakpoint and temperature of least emissions, ranked", thresholds))
    return figure


def _planted(planted: pd.DataFrame, country: str, sector: str) -> np.ndarray:
    """Planted temperatures: one of a V, two of a dead band, none of a line."""
    if planted.empty:
        return np.empty(0)
    row = planted[(planted["country"] == country) & (planted["sector"] == sector)]
    known = row[["tc", "low", "high"]].to_numpy(dtype=float).ravel()
    return known[np.isfinite(known)]


def _limit(panel: Axes, thresholds: pd.DataFrame) -> None:
    """An axis around the temperatures themselves, so that one wide interval does not take all the width."""
    known = thresholds.dropna(subset=["tc"])
    if len(known):
        low = max(known["tc"].min() - WIDEST_C / 2, known["low"].min())
        high = min(known["tc"].max() + WIDEST_C / 2, known["high"].max())
        panel.set_xlim(low - 1, high + 1)
