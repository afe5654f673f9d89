"""Dates in text: ISO, day/month/year and month/day/year, told apart by evidence."""

from collections.abc import Callable
from typing import Literal

import numpy as np
import pandas as pd

from nbutils.climate.errors import ClimateDataError

DateOrder = Literal["dmy", "mdy"]

COMPACT = r"^\s*(\d{4})(\d{2})(\d{2})\s*$"
WRITTEN = (
    r"^\s*(?P<a>\d{1,4})[-/.](?P<b>\d{1,2})[-/.](?P<c>\d{1,4})"
    r"(?:[T ]+(?P<time>\d{1,2}:\d{2}(?::\d{2})?)(?:\.\d+)?\s*(?P<zone>Z|UTC|[+-]\d{2}:?\d{2})?)?\s*$"
)


def read_dates(
    written: pd.Series, series: pd.Series, order: DateOrder | None
) -> tuple[pd.Series, pd.Series, list[str]]:
    """Local times as written, their offsets from UTC, and what was decided.

    A year of four digits that comes first is followed by month and day. Where it comes last, a number above 12 tells
    day from month; without any, that order under which the rows of a series follow one another day by day.

    Args:
        written: text without missing values; the index counts rows.
        series: label of the series of each row.
        order: "dmy" or "mdy", or None to go by the evidence.

    Returns:
        Datetimes, timedeltas (NaT where no zone is written) and sentences.

    Raises:
        ClimateDataError: a row is no date or written otherwise than the first, or the order cannot be told.
    """
    if order not in (None, "dmy", "mdy"):
        raise ClimateDataError(f"date_order is '{order}': give 'dmy', 'mdy' or leave it out")
    position, texts = pd.factorize(written)

    def row(which: np.ndarray) -> str:
        """Names the first row whose text is among those that are marked."""
        first = int(np.flatnonzero(np.asarray(which, dtype=bool)[position])[0])
        return f"row {written.index[first]} ('{written.iloc[first]}')"

    parts = pd.Series(texts).str.replace(COMPACT, r"\1-\2-\3", regex=True).str.extract(WRITTEN)
    year_first = parts["a"].str.len().eq(4).fillna(False).to_numpy(dtype=bool)
    year_last = parts["c"].str.len().eq(4).fillna(False).to_numpy(dtype=bool)
    if not (year_first ^ year_last).all():
        raise ClimateDataError(f"{row(~(year_first ^ year_last))} is no date: write it like 2019-12-31")
    if year_first.any() and year_last.any():
        raise ClimateDataError(f"{row(year_first)} and {row(year_last)} are written in two ways: choose one")
    numbers = [pd.to_numeric(parts[name]).to_numpy(dtype=np.int64) for name in "abc"]
    sentences = []
    if year_last.any():
        told = order or _told_order(numbers, position, series, row)
        sentences.append(f"Dates are read as {'day/month' if told == 'dmy' else 'month/day'}/year.")
        numbers = _year_first(numbers, told)
    day = _days(numbers)
    if day.isna().any():
        way_out = "correct it, or give the other date_order" if year_last.any() else "correct it"
        raise ClimateDataError(f"{row(day.isna())} is no day of the calendar: {way_out}")
    local, offset = day + _clock(parts["time"], row), _offset(parts["zone"], row)
    return _spread(local, position, written.index), _spread(offset, position, written.index), sentences


def _told_order(
    numbers: list[np.ndarray], position: np.ndarray, series: pd.Series, row: Callable[[np.ndarray], str]
) -> DateOrder:
    day_first, month_first = numbers[0] > 12, numbers[1] > 12
    if day_first.any() and month_first.any():
        raise ClimateDataError(
            f"{row(day_first)} has the day first and {row(month_first)} the month: write all like 2019-12-31"
        )
    if day_first.any() or month_first.any():
        return "dmy" if day_first.any() else "mdy"
    daily = {
        order: _share_of_daily_steps(_days(_year_first(numbers, order)), position, series) for order in ("dmy", "mdy")
    }
    if min(daily.values()) < 0.5 < max(daily.values()):
        return max(daily, key=daily.get)
    raise ClimateDataError(
        f"{row(numbers[0] > 0)} may be day/month or month/day: say which with date_order='dmy' or date_order='mdy'"
    )


def _share_of_daily_steps(days: pd.Series, position: np.ndarray, series: pd.Series) -> float:
    table = pd.DataFrame({"series": series.to_numpy(), "date": days.to_numpy()[position]})
    steps = table.drop_duplicates().sort_values(["series", "date"]).groupby("series", observed=True)["date"].diff()
    return float((steps.dropna() == pd.Timedelta(days=1)).mean()) if steps.notna().any() else 0.0


def _year_first(numbers: list[np.ndarray], order: DateOrder) -> list[np.ndarray]:
    first, second, year = numbers
    return [year, second, first] if order == "dmy" else [year, first, second]


def _days(numbers: list[np.ndarray]) -> pd.Series:
    return pd.to_datetime(pd.DataFrame(dict(zip(("year", "month", "day"), numbers, strict=True))), errors="coerce")


def _clock(time: pd.Series, row: Callable[[np.ndarray], str]) -> pd.Series:
    clock = pd.to_timedelta(time.fillna("0:00").str.replace(r"^(\d+:\d+)$", r"\1:00", regex=True))
    if (clock > pd.Timedelta(days=1)).any():
        raise ClimateDataError(f"{row(clock > pd.Timedelta(days=1))} has no time of the day: correct it")
    return clock


def _offset(zone: pd.Series, row: Callable[[np.ndarray], str]) -> pd.Series:
    if zone.notna().any() and zone.isna().any():
        raise ClimateDataError(f"{row(zone.isna())} has no zone though other rows have: add it")
    signed = zone.replace({"Z": "+00:00", "UTC": "+00:00"}).str.replace(r"^([+-]\d\d)(\d\d)$", r"\1:\2", regex=True)
    return pd.to_timedelta(signed + ":00")


def _spread(values: pd.Series, position: np.ndarray, index: pd.Index) -> pd.Series:
    return pd.Series(values.to_numpy()[position], index=index)
