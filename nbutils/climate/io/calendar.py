"""Public holidays and days of shock, by country."""

import warnings
from collections.abc import Collection, Sequence
from functools import cache

import holidays
import numpy as np
import pandas as pd

from nbutils.climate.errors import ClimateDataError
from nbutils.climate.io.countries import country_code, country_key

COVID_PERIODS = (("2020-01-23", "2020-06-30"),)
SPRING_FESTIVAL_COUNTRIES = frozenset({"CN", "HK", "MO", "TW"})
DAYS_AROUND_SPRING_FESTIVAL = (-7, 14)


def public_holidays(country: str, years: Sequence[int]) -> tuple[pd.DatetimeIndex, str]:
    """The public holidays of a country, and a sentence about what is not known of them ("" when all is).

    Args:
        country: an English name or code; aggregates such as "ROW" have no holidays.
        years: calendar years.

    Raises:
        ClimateDataError: the country is unknown.
    """
    code = country_code(country)
    if not code:
        return _days([]), f"'{country}' is no single country: its days carry no holidays."
    if code not in holidays.list_supported_countries(include_aliases=False):
        return _days([]), f"The public holidays of {country} are not known: its days carry none."
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = _days(sorted(holidays.country_holidays(code, years=years)))
    note = f"Some public holidays of {country} are not known for every year: {caught[0].message}" if caught else ""
    return found, note


def with_holidays(days: pd.DataFrame, *, without_holidays: Collection[str] = ()) -> pd.DataFrame:
    """Days with the column `is_holiday`, and a sentence in `attrs["report"]` where holidays are not known.

    Args:
        days: rows with `country` and `date`.
        without_holidays: names that need be no country; their days carry no holidays.

    Raises:
        ClimateDataError: a country is unknown and not listed.
    """
    is_holiday = np.zeros(len(days), dtype=bool)
    report = list(days.attrs.get("report", ()))
    for country, rows in days.groupby("country", observed=True).indices.items():
        if country in without_holidays:
            continue
        dates = days["date"].iloc[rows]
        found, note = public_holidays(country, range(dates.min().year, dates.max().year + 1))
        is_holiday[rows] = dates.isin(found)
        report += [note] if note else []
    marked = days.assign(is_holiday=is_holiday)
    marked.attrs = days.attrs | {"report": report}
    return marked


def spring_festival(years: Sequence[int]) -> pd.DatetimeIndex:
    """The first holiday of the Spring Festival in each year, as China keeps it."""
    return _days([_spring_festival(year) for year in years])


def with_shocks(days: pd.DataFrame, *, periods: Sequence[tuple[str, str]] = COVID_PERIODS) -> pd.DataFrame:
    """Days with the column `is_shock`, which fits leave out: periods of upheaval, and the Spring Festival where kept.

    Args:
        days: rows with `country` and `date`; days that are marked already stay so.
        periods: first and last day of each upheaval, for every country; the first wave of COVID by default.

    Raises:
        ClimateDataError: a period ends before it begins.
    """
    is_shock = days.get("is_shock", pd.Series(False, index=days.index)).to_numpy(dtype=bool, copy=True)
    for first, last in periods:
        if pd.Timestamp(last) < pd.Timestamp(first):
            raise ClimateDataError(f"the period from {first} to {last} ends before it begins: swap the two days")
        is_shock |= days["date"].between(first, last).to_numpy()
    before, after = DAYS_AROUND_SPRING_FESTIVAL
    for country, rows in days.groupby("country", observed=True).indices.items():
        if country_key(country) in SPRING_FESTIVAL_COUNTRIES:
            dates = days["date"].iloc[rows]
            for start in spring_festival(range(dates.min().year, dates.max().year + 1)):
                is_shock[rows] |= dates.between(start + pd.Timedelta(days=before), start + pd.Timedelta(days=after))
    return days.assign(is_shock=is_shock)


@cache
def _spring_festival(year: int) -> str:
    named = holidays.country_holidays("CN", years=year, language="en_US").items()
    return min(day for day, name in named if "Spring Festival" in name).isoformat()


def _days(dates: Sequence) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(dates).as_unit("ns")
