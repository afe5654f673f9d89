"""From which temperature on a day is hot or cold: percentiles of a base period."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from nbutils.climate.emissions.calendar_days import FEWEST_DAYS_OF_YEAR, YEAR_DAYS, calendar_day
from nbutils.climate.errors import ClimateDataError

BASE = (1991, 2020)
HOT = (90.0, 95.0)
FEWEST_BASE_YEARS = 10


def whole_year_thresholds(
    days: pd.DataFrame, *, base: tuple[int, int] = BASE, percentiles: Sequence[float] = HOT
) -> pd.DataFrame:
    """Percentiles of all days of the base period: hot days are summer days, cold days are winter days.

    Args:
        days: `country`, `date`, `temperature_c`; sectors of a country share a temperature.
        base: first and last year of the base period.
        percentiles: of hot days, between 50 and 100; cold days lie below 100 less these.

    Returns:
        One row per country, kind and percentile: `country`, `kind` ("hot": above, "cold": below), `percentile`,
        `threshold_c` (degrees C).

    Raises:
        ClimateDataError: a country has fewer than ten whole years of temperature in the base period, or a percentile
            is not between 50 and 100.
    """
    rows = []
    for country, temperature in _base_days(days, base):
        for kind, percentile in _kinds(percentiles):
            rows.append([country, kind, percentile, np.percentile(temperature, percentile)])
    return pd.DataFrame(rows, columns=["country", "kind", "percentile", "threshold_c"])


def calendar_day_thresholds(
    days: pd.DataFrame,
    *,
    base: tuple[int, int] = BASE,
    percentiles: Sequence[float] = HOT,
    window_days: int = 15,
) -> pd.DataFrame:
    """Percentiles for every day of the calendar: days that are warm or cold for the time of year.

    The sample of a calendar day is all base days in a window around it. A hot day in winter is a mild one, on which
    less is heated. Thresholds fit their own base period a little better than other years (Zhang et al. 2005), less so
    the wider the window: in simulations without warming, 30 base years late in a series of 55 leave a trend of -0.2 to
    -0.3 hot and cold days per decade, which is a tenth of the width of its interval.

    Args:
        days: `country`, `date`, `temperature_c`; sectors of a country share a temperature.
        base: first and last year of the base period.
        percentiles: of hot days, between 50 and 100; cold days lie below 100 less these.
        window_days: days of the window, odd.

    Returns:
        One row per country, kind, percentile and calendar day: `country`, `kind`, `percentile`, `calendar_day` (1 to
        366, 61 always 1 March), `threshold_c`.

    Raises:
        ClimateDataError: as for `whole_year_thresholds`, or the window is even.
    """
    if window_days < 1 or window_days % 2 == 0:
        raise ClimateDataError(f"window_days is {window_days}: give an odd number, so that the day is in the middle.")
    kinds = _kinds(percentiles)
    tables = []
    for country, temperature in _base_days(days, base):
        values, day = temperature.to_numpy(), calendar_day(temperature.index)
        apart = np.abs(day - np.arange(1, YEAR_DAYS + 1)[:, None])
        near = np.minimum(apart, YEAR_DAYS - apart) <= window_days // 2
        thresholds = np.stack(
            [np.percentile(values[inside], [percentile for _, percentile in kinds]) for inside in near]
        )
        for (kind, percentile), column in zip(kinds, thresholds.T, strict=True):
            tables.append(
                pd.DataFrame(
                    {
                        "country": country,
                        "kind": kind,
                        "percentile": percentile,
                        "calendar_day": np.arange(1, YEAR_DAYS + 1),
                        "threshold_c": column,
                    }
                )
            )
    return pd.concat(tables, ignore_index=True)


def _kinds(percentiles: Sequence[float]) -> list[tuple[str, float]]:
    for percentile in percentiles:
        if not 50 < percentile < 100:
            raise ClimateDataError(f"percentile {percentile} of hot days is not between 50 and 100.")
    return [("hot", float(p)) for p in percentiles] + [("cold", 100 - float(p)) for p in percentiles]


def _base_days(days: pd.DataFrame, base: tuple[int, int]) -> list[tuple[str, pd.Series]]:
    """Temperature by date of the base period of each country."""
    found = []
    known = days.dropna(subset=["temperature_c"])
    for country, rows in known.groupby("country", observed=True, sort=False):
        temperature = rows.drop_duplicates("date").set_index("date")["temperature_c"].sort_index()
        inside = temperature[(temperature.index.year >= base[0]) & (temperature.index.year <= base[1])]
        whole = (inside.groupby(inside.index.year).size() >= FEWEST_DAYS_OF_YEAR).sum()
        if whole < FEWEST_BASE_YEARS:
            raise ClimateDataError(
                f"{country} has {whole} whole years of temperature in the base period {base[0]} to {base[1]}; "
                f"{FEWEST_BASE_YEARS} are needed. Its days run from {temperature.index[0]:%Y-%m-%d} to "
                f"{temperature.index[-1]:%Y-%m-%d}: set another base."
            )
        found.append((str(country), inside))
    return found
