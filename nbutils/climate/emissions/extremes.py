"""Emissions on days of extreme temperature, year by year, and their trend (Li et al., arXiv 2407.20057)."""

from functools import partial

import pandas as pd

from nbutils.climate.emissions.calendar_days import FEWEST_DAYS_OF_YEAR, calendar_day
from nbutils.climate.emissions.each_series import each_series
from nbutils.climate.emissions.trend import trend_over_years
from nbutils.climate.errors import ClimateDataError

QUANTITIES = {
    "extreme_days": "days per year",
    "share": "% of the year's emissions",
    "excess": "% of the year's emissions",
    "excess_per_day": "% of a normal day",
}


def extremes_by_year(days: pd.DataFrame, thresholds: pd.DataFrame) -> pd.DataFrame:
    """How many days of each year are hot or cold, and what is emitted on them.

    Normal is the mean of the year's ordinary days, which are beyond no threshold of either kind, times what weekends
    and holidays are to other days; where thresholds differ by calendar day it is the mean of the ordinary days of the
    month, so that the season does not count as an effect. Shocks are in no normal and no excess.

    Of days that were back-cast from temperature, the excess is what the model has learnt, not a measurement.

    Args:
        days: daily emissions with temperature.
        thresholds: as of `whole_year_thresholds` or `calendar_day_thresholds`.

    Returns:
        One row per country, sector, kind, percentile and year: `country`, `sector`, `kind` ("hot" or "cold"),
        `percentile`, `year`, `extreme_days`, `share` (of the year's emissions on these days, %), `excess` (emissions on
        these days above normal, % of the year's; missing where a month has no ordinary day to compare with),
        `excess_per_day` (mean of the days' excess over their normal, %; missing without such days), `n` (days).
        `attrs["report"]` tells of years left out for having fewer than 360 days.

    Raises:
        ClimateDataError: a country has no thresholds, or a year's emissions are not positive.
    """
    return each_series(days, partial(_series_extremes, thresholds=thresholds), "extreme days", fewest_for_workers=50)


def extreme_trends(by_year: pd.DataFrame) -> pd.DataFrame:
    """Linear trends of what `extremes_by_year` gives; no trend is 0.

    Args:
        by_year: as of `extremes_by_year`.

    Returns:
        One row per country, sector, kind, percentile and quantity: `country`, `sector`, `kind`, `percentile`,
        `quantity` ("extreme_days", "share", "excess", "excess_per_day"), `unit`, `mean` (over years), `trend` (unit per
        decade) with `low` and `high` (95 %, for autocorrelated years, see `trend_over_years`), `p` (two-sided, not
        corrected for the number of rows), `lag_one`, `effective_years`, `years`. NaN with fewer than ten years.
    """
    keys = ["country", "sector", "kind", "percentile"]
    rows = []
    for key, part in by_year.groupby(keys, observed=True, sort=False):
        for quantity, unit in QUANTITIES.items():
            known = part.dropna(subset=[quantity]).sort_values("year")
            trend = trend_over_years(known["year"].to_numpy(), known[quantity].to_numpy())
            rows.append([*key, quantity, unit, known[quantity].mean(), *trend, len(known)])
    names = ["quantity", "unit", "mean", "trend", "low", "high", "p", "lag_one", "effective_years", "years"]
    return pd.DataFrame(rows, columns=[*keys, *names])


def _series_extremes(series: pd.DataFrame, thresholds: pd.DataFrame) -> pd.DataFrame:
    name = f"{series['country'].iloc[0]}, {series['sector'].iloc[0]}"
    known = series.dropna(subset=["value", "temperature_c"])
    year = known["date"].dt.year
    whole = known.groupby(year)["date"].transform("size") >= FEWEST_DAYS_OF_YEAR
    own = thresholds[thresholds["country"].astype(str) == str(series["country"].iloc[0])]
    if own.empty:
        raise ClimateDataError(f"{name}: no thresholds of this country; make them from the same days.")
    extreme = _extreme(known, own)
    shock = known["is_shock"].astype(bool) if "is_shock" in known else pd.Series(False, index=known.index)
    total = known.groupby(year)["value"].transform("sum")
    if (total <= 0).any():
        raise ClimateDataError(f"{name}: the emissions of {year[total <= 0].iloc[0]} are not positive.")
    normal = _normal(known, ~extreme.any(axis=1) & ~shock, "calendar_day" in own)
    tables = [
        _yearly(known[whole], total[whole], normal[whole], extreme.loc[whole, column], shock[whole]).assign(
            kind=column[0], percentile=column[1]
        )
        for column in extreme.columns
    ]
    columns = ["kind", "percentile", "year", *QUANTITIES, "n"]
    table = pd.concat(tables, ignore_index=True)[columns]
    if not whole.all():
        partial_years = ", ".join(map(str, sorted(set(year[~whole]))))
        table.attrs["report"] = [f"years with fewer than {FEWEST_DAYS_OF_YEAR} days are left out: {partial_years}."]
    return table


def _yearly(
    known: pd.DataFrame, total: pd.Series, normal: pd.Series, extreme: pd.Series, shock: pd.Series
) -> pd.DataFrame:
    """Counts and shares of each year, from the days of whole years."""
    judged = extreme & ~shock
    above = known["value"] - normal
    daily = pd.DataFrame(
        {
            "extreme_days": extreme.astype(int),
            "share": 100 * (known["value"] / total).where(extreme, 0.0),
            "excess": 100 * (above / total).where(judged, 0.0),
            "n": 1,
        }
    )
    years = known["date"].dt.year.rename("year")
    table = daily.groupby(years).sum(skipna=False)
    table["excess_per_day"] = (100 * above / normal).where(judged).groupby(years).mean()
    return table.reset_index()


def _extreme(known: pd.DataFrame, thresholds: pd.DataFrame) -> pd.DataFrame:
    """Whether each day is beyond each threshold; a column for each kind and percentile."""
    temperature, day = known["temperature_c"].to_numpy(), calendar_day(pd.DatetimeIndex(known["date"]))
    beyond = {}
    for (kind, percentile), rows in thresholds.groupby(["kind", "percentile"], sort=False):
        if "calendar_day" in rows:
            limit = rows.set_index("calendar_day")["threshold_c"].reindex(day).to_numpy()
        else:
            limit = rows["threshold_c"].iloc[0]
        beyond[kind, percentile] = temperature > limit if kind == "hot" else temperature < limit
    return pd.DataFrame(beyond, index=known.index)


def _normal(known: pd.DataFrame, ordinary: pd.Series, by_month: bool) -> pd.Series:
    """Value of an ordinary day of the same year (and month), working or off; NaN where there is none."""
    value = known["value"].where(ordinary)
    year = known["date"].dt.year
    off = (known["date"].dt.day_of_week >= 5) | known["is_holiday"].astype(bool)
    period = [year, known["date"].dt.month] if by_month else [year]
    kind = (value / value.groupby(period).transform("mean")).groupby([year, off]).transform("mean")
    level = (value / kind).groupby(period).transform("mean")
    return level * kind
