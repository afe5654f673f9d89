"""Checks of the monthly totals and the weather that a back-cast is made from."""

from collections.abc import Set

import pandas as pd

from nbutils.climate.errors import ClimateDataError

LONGEST_FILLED_GAP = 3


def months_of_series(monthly: pd.DataFrame, days: pd.DataFrame) -> dict[tuple[str, str], pd.Series]:
    """Totals of each country and sector, by month in order.

    Args:
        monthly: `country`, `sector`, `month` (any date in it), `total`.
        days: daily emissions; those of every series in `monthly` are needed.

    Returns:
        By (country, sector): totals with a monthly PeriodIndex.

    Raises:
        ClimateDataError: a column is missing, a month is given twice, is negative or missing, or `days` has not its
            series.
    """
    _require(monthly, ["country", "sector", "month", "total"], "the monthly totals")
    table = monthly.assign(
        country=monthly["country"].astype(str),
        sector=monthly["sector"].astype(str),
        month=pd.PeriodIndex(monthly["month"], freq="M"),
    )
    twice = table[table.duplicated(["country", "sector", "month"])]
    if len(twice):
        raise ClimateDataError(f"monthly total of {_month(twice)} is given twice: keep one of its rows.")
    wrong = table[~(table["total"] >= 0) | (table["total"] == float("inf"))]
    if len(wrong):
        raise ClimateDataError(
            f"monthly total of {_month(wrong)} is {wrong['total'].iloc[0]}: only totals of 0 or more can be split into "
            "days; leave the month out."
        )
    learnt = set(zip(days["country"].astype(str), days["sector"].astype(str), strict=True))
    months = {}
    for series, rows in table.groupby(["country", "sector"], sort=False):
        if series not in learnt:
            raise ClimateDataError(
                f"no daily emissions of {series[0]}, {series[1]} to learn from, but monthly totals of it."
            )
        months[series] = rows.set_index("month")["total"].astype(float).sort_index()
    return months


def country_weather(weather: pd.DataFrame, countries: Set[str]) -> dict[str, pd.DataFrame]:
    """Rows of each country, one a day, sorted by date.

    Args:
        weather: `country`, `date`, `temperature_c`, `is_holiday`; rows that are alike count once, so that a table of
            days with several sectors can be handed in.
        countries: those needed.

    Raises:
        ClimateDataError: a column is missing, a country has no rows, or a day has two temperatures.
    """
    _require(weather, ["country", "date", "temperature_c", "is_holiday"], "the weather")
    names = weather["country"].astype(str)
    skies = {}
    for country in sorted(countries):
        rows = (
            weather.loc[names == country, ["date", "temperature_c", "is_holiday"]].drop_duplicates().sort_values("date")
        )
        if rows.empty:
            raise ClimateDataError(f"no weather of {country}, but monthly totals of it.")
        if rows["date"].duplicated().any():
            day = rows.loc[rows["date"].duplicated(), "date"].iloc[0]
            raise ClimateDataError(
                f"weather of {country} has {day:%Y-%m-%d} twice, and differently: keep one of its rows."
            )
        skies[country] = rows
    return skies


def complete_weather(sky: pd.DataFrame, months: pd.PeriodIndex) -> tuple[pd.DataFrame, list[str]]:
    """Weather of all days of the months for which it is known, and sentences on what was filled or left out.

    Gaps of three days at most are filled by straight lines, and days without a row are no holidays.

    Args:
        sky: `date`, `temperature_c`, `is_holiday` of one country, sorted.
        months: sorted.

    Returns:
        `date`, `temperature_c`, `is_holiday` of every day of the months kept, and the sentences.

    Raises:
        ClimateDataError: no month is left.
    """
    by_date = sky.set_index("date")
    every = pd.date_range(
        min(months[0].start_time, by_date.index[0]),
        max(months[-1].end_time.normalize(), by_date.index[-1]),
        name="date",
        unit="ns",
    )
    by_date = by_date.reindex(every)
    missing = by_date["temperature_c"].isna()
    gap = missing.groupby((~missing).cumsum()).transform("sum")
    straight = by_date["temperature_c"].interpolate(limit_area="inside")
    by_date["temperature_c"] = by_date["temperature_c"].where(~missing | (gap > LONGEST_FILLED_GAP), straight)
    by_date["is_holiday"] = by_date["is_holiday"].eq(True)

    month = every.to_period("M")
    unknown = month[by_date["temperature_c"].isna()].unique()
    kept = month.isin(months.difference(unknown))
    if not kept.any():
        raise ClimateDataError(
            "no month of the totals has a temperature on all its days: check the dates of the weather."
        )
    report = []
    filled = int((missing & kept & by_date["temperature_c"].notna()).sum())
    if filled:
        report.append(f"{filled} days without temperature were filled by straight lines.")
    dropped = months.intersection(unknown)
    if len(dropped):
        report.append(
            f"{len(dropped)} months were left out for days without temperature: {', '.join(map(str, dropped[:6]))}"
            f"{' and others' if len(dropped) > 6 else ''}."
        )
    return by_date[kept].reset_index(), report


def _require(table: pd.DataFrame, columns: list[str], name: str) -> None:
    lacking = [column for column in columns if column not in table]
    if lacking:
        raise ClimateDataError(
            f"{name} lack the column {', '.join(map(repr, lacking))}; needed are {', '.join(columns)}."
        )


def _month(rows: pd.DataFrame) -> str:
    first = rows.iloc[0]
    return f"{first['country']}, {first['sector']}, {first['month']}"
