"""One or two sentences under each figure, computed from the table that the figure draws."""

import pandas as pd

from nbutils.climate.breakpoints.definitions import MINIMA
from nbutils.climate.figures.look import series_names, titled
from nbutils.climate.unmeasured import said_if_measured

LEVEL = 0.05
MOST_TOLD = 8


def responses(thresholds: pd.DataFrame) -> str:
    """Breakpoint and minimum of each series."""
    parts = []
    for name, rows in _by_series(thresholds):
        found = rows.set_index("definition")
        kink, least = found.loc["breakpoint"], found.loc["lowess_minimum"]
        if pd.isna(kink["tc"]):
            parts.append(f"{name}: no breakpoint (p = {kink['p_exists']:.2g})")
            continue
        told = f"{name}: breakpoint {_interval(kink)}"
        told += " without a turn" if not kink["slope_below"] < 0 < kink["slope_above"] else ""
        parts.append(told + (", no inner minimum" if pd.isna(least["tc"]) else f", LOWESS least at {_interval(least)}"))
    return _told(parts)


def existence(thresholds: pd.DataFrame) -> str:
    """How many series bend, and how many turn."""
    rows = thresholds[thresholds["definition"] == "breakpoint"]
    bends = rows["p_exists"] <= LEVEL
    turns = bends & (rows["turns"] >= 1 - LEVEL)
    return titled(
        f"A straight line is rejected at 5 % for {bends.sum()} of {len(rows)} series, and {turns.sum()} of them surely "
        "fall below their breakpoint and rise above it. The test rejects a true straight line about as often as its "
        "level says though days are autocorrelated, so that one of twenty straight series still bends by chance.",
        table=thresholds,
    )


def forest(thresholds: pd.DataFrame) -> str:
    """How far the definitions lie apart."""
    known = thresholds.dropna(subset=["tc"])
    if known.empty:
        return "No series has a critical temperature under any definition."
    spread = known.groupby(["country", "sector"], sort=False)["tc"].agg(["min", "max"])
    width = spread["max"] - spread["min"]
    widest = width.idxmax()
    return titled(
        f"The definitions of one series lie {width.median():.1f} °C apart in the median, and {width.max():.1f} °C for "
        f"{', '.join(map(str, widest))}. Stars, if any, are what the paper published of a country; residential "
        "emissions are themselves made from temperature, which makes their threshold circular.",
        table=thresholds,
    )


def ranked(thresholds: pd.DataFrame) -> str:
    """How far breakpoint and minimum lie apart."""
    wide = thresholds.assign(series=series_names(thresholds)).pivot(index="series", columns="definition", values="tc")
    apart = (wide["lowess_minimum"] - wide["breakpoint"]).dropna()
    if apart.empty:
        return "No series has both a breakpoint and a minimum."
    parts = [f"{name} {value:+.1f} °C" for name, value in apart.items()]
    return "Temperature of least emissions less breakpoint: " + _told(parts)


@said_if_measured
def recovered(table: pd.DataFrame) -> str:
    """Mean error and covered intervals, of the kinks and of the minima."""
    known = table.dropna(subset=["error"])
    minima = known["definition"].isin(MINIMA)
    kinks, least = known[~minima], known[minima]
    lines = table[table["shape"] == "none"].drop_duplicates(["country", "sector"])
    return (
        f"Simulation: breakpoints and ends of dead bands are {kinks['error'].abs().mean():.2f} °C off on average, and "
        f"{kinks['covered'].sum()} of {len(kinks)} intervals reach what was planted; minima of smooth curves are "
        f"{least['error'].abs().mean():.2f} °C off ({least['covered'].sum()} of {len(least)}), as the minimum of a "
        f"smooth curve is not its kink. {len(lines)} series had nothing planted."
    )


def models(choice: pd.DataFrame) -> str:
    """Which shape is chosen for each series by either measure."""
    parts = []
    for name, rows in _by_series(choice):
        bic, error = (rows.loc[rows[column], "model"].iloc[0] for column in ("chosen", "chosen_by_cv"))
        parts.append(f"{name}: {bic.replace('_', ' ')} by BIC, {error.replace('_', ' ')} by cross-validation")
    return _told(parts)


@said_if_measured
def skill(table: pd.DataFrame) -> str:
    """Out-of-year R2 of both models beside that of random days."""
    table = table[table["statistic"] == "r2"]
    parts = []
    for name, rows in _by_series(table):
        r2 = rows.set_index(["model", "split"])["value"]
        parts.append(
            f"{name} {r2['gradient boosting', 'years left out']:.2f} (random days "
            f"{r2['gradient boosting', 'random days']:.2f}; hinge regression "
            f"{r2['hinge regression', 'years left out']:.2f})"
        )
    return "R² of gradient boosting on years left out: " + _told(parts)


@said_if_measured
def back_cast(table: pd.DataFrame) -> str:
    """R2, error and coverage of the back-cast by series."""
    parts = []
    for name, rows in _by_series(table[table["model"] == "back-cast"]):
        value = rows.set_index("statistic")["value"]
        parts.append(
            f"{name}: R² {value['r2']:.2f}, error {value['rmse']:.1f} % of the month's mean, interval covers "
            f"{value['covered']:.0%} of the days"
        )
    return _told(parts)


@said_if_measured
def calendar_map(table: pd.DataFrame) -> str:
    """Largest and least day of each series."""
    parts = []
    for name, rows in _by_series(table):
        most, least = rows.loc[rows["relative"].idxmax()], rows.loc[rows["relative"].idxmin()]
        parts.append(
            f"{name}: from {least['relative']:+.0f} % on {least['date']:%d %b} to {most['relative']:+.0f} % on "
            f"{most['date']:%d %b %Y}"
        )
    return _told(parts)


@said_if_measured
def ranges(table: pd.DataFrame) -> str:
    """Range of single days in the last year of each series."""
    single = table[table["smoothing_days"] == 1]
    parts = []
    for name, rows in _by_series(single):
        last = rows.loc[rows["year"].idxmax()]
        parts.append(f"{name} {last['range_percent']:.0f} % [{last['low']:.0f}, {last['high']:.0f}] in {last['year']}")
    return "Largest less smallest day over the year's mean: " + _told(parts)


@said_if_measured
def extremes_by_year(table: pd.DataFrame) -> str:
    """Mean share of hot and cold days in the first and the last ten years."""
    parts = []
    for kind, rows in table.groupby("kind", sort=False):
        years = rows["year"]
        first = rows.loc[years < years.min() + 10, "share"].mean()
        last = rows.loc[years > years.max() - 10, "share"].mean()
        parts.append(f"{kind} days {first:.1f} % of the emissions in the first ten years and {last:.1f} % in the last")
    return titled("Mean over series: " + "; ".join(parts) + ".", table)


@said_if_measured
def extreme_trends(table: pd.DataFrame) -> str:
    """How many trends surely rise or fall, by kind."""
    parts = []
    for (kind, quantity), rows in table[table["quantity"].isin(["share", "excess"])].groupby(
        ["kind", "quantity"], sort=False
    ):
        rises, falls = (rows["low"] > 0).sum(), (rows["high"] < 0).sum()
        parts.append(f"{quantity} on {kind} days rises in {rises} and falls in {falls} of {len(rows)} series")
    return titled("; ".join(parts) + ", as far as the interval of a single series is sure.", table)


def _by_series(table: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    return list(table.groupby(series_names(table), sort=False))


def _interval(row: pd.Series) -> str:
    return f"{row['tc']:.1f} °C [{row['low']:.1f}, {row['high']:.1f}]"


def _told(parts: list[str]) -> str:
    """The first parts, and how many more there are."""
    more = f"; and {len(parts) - MOST_TOLD} more" if len(parts) > MOST_TOLD else ""
    return "; ".join(parts[:MOST_TOLD]) + more + "."
