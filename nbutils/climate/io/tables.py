"""Daily emissions and temperature from a tidy CSV or Parquet file, or from Carbon Monitor's CSV."""

from collections.abc import Collection, Mapping
from pathlib import Path

import pandas as pd

from nbutils.climate.errors import ClimateDataError
from nbutils.climate.io.calendar import with_holidays
from nbutils.climate.io.columns import known_columns
from nbutils.climate.io.countries import country_key
from nbutils.climate.io.daily import daily_means
from nbutils.climate.io.date_text import DateOrder
from nbutils.climate.io.dates import parse_dates
from nbutils.climate.io.files import named, read_table
from nbutils.climate.io.gaps import gap_sentences
from nbutils.climate.io.schema import checked_numbers
from nbutils.climate.io.temperature import TemperatureUnit, in_celsius

DEFAULT_UNIT = "MtCO2 per day"
DEFAULT_COUNTRY = "unnamed"
DEFAULT_SECTOR = "total"
FEWEST_DAYS = 60
KEYS = ["country", "sector"]
FLAGS = ("is_holiday", "is_shock")

# Carbon Monitor derives these emissions from the temperature itself, so that a threshold found in them is its own.
TEMPERATURE_DERIVED = frozenset({"residential"})

Source = str | Path | pd.DataFrame


def read_days(
    source: Source,
    *,
    temperature: Source | None = None,
    country: str | None = None,
    sector: str | None = None,
    unit: str | None = None,
    date_order: DateOrder | None = None,
    time_zone: str | None = None,
    temperature_unit: TemperatureUnit | None = None,
    columns: Mapping[str, str] | None = None,
    without_holidays: Collection[str] = (),
) -> pd.DataFrame:
    """Reads a table with a row for every day (or hour), country and sector.

    Carbon Monitor's CSV (country, date as dd/mm/yyyy, sector, value, timestamp) holds no temperature: add a column
    `temperature` or give `temperature`. Nothing is filled in: rows without value or temperature are dropped, and days
    that are missing stay so; both are reported. So are series of less than 60 days, which are left out.

    Args:
        source: CSV, Parquet or a table with `date`, `value` and, unless given otherwise, `country`, `sector` and
            `temperature_c`; `is_holiday` and `is_shock` are taken over. Where no column is called `value`, the only
            numeric column left is taken.
        temperature: CSV, Parquet or a table with `date`, `temperature_c` and, for several countries, `country`.
        country: name for a source without that column.
        sector: name for a source without that column; "total" by default.
        unit: of the values; "MtCO2 per day" by default, or the column's name where it is not `value`.
        date_order: "dmy" or "mdy" where dates such as 02/03/2019 leave it open.
        time_zone: IANA zone whose days are meant, for times that carry a zone.
        temperature_unit: "C", "F" or "K"; told by the values if None.
        columns: our names to the names in the source, such as {"value": "demand_mw"}.
        without_holidays: names that need be no country and whose days carry no holidays.

    Returns:
        `date`, `country`, `sector` (in lower case), `value`, `temperature_c`, `is_holiday` and, where the source has
        it, `is_shock`; sorted by country, sector and date, and unique. `attrs`: `unit`, `report` (sentences about what
        was decided and dropped) and `duplicates` (doubled rows by country and sector).

    Raises:
        ClimateDataError: the source cannot be read so; one sentence names the row, column or country and the way out.
    """
    report: list[str] = []
    rows, names = _rows(source, columns)
    for key, given, default in (("country", country, DEFAULT_COUNTRY), ("sector", sector, DEFAULT_SECTOR)):
        rows[key] = _labels(rows, key, given, default, named(source))
    rows["sector"] = rows["sector"].str.lower()
    days, doubled = _daily(rows, KEYS, "value", date_order, time_zone, named(source), report)
    if temperature is not None:
        days = _joined(days, temperature, date_order, time_zone, named(source), report)
    if "temperature_c" not in days:
        raise ClimateDataError(
            f"{named(source)} has no temperature: add a column temperature_c, or give `temperature`, a table of date, "
            "country and temperature_c"
        )
    days = _without_missing(days, "temperature_c", report)
    days["temperature_c"] = in_celsius(days, temperature_unit, report)
    days = _long_enough(days, report)
    is_value = names["value"].casefold() == "value"
    if not is_value:
        report.append(f"Values are those of column {names['value']}.")
    days = _arranged(days)
    days.attrs = {
        "unit": unit or (DEFAULT_UNIT if is_value else names["value"]),
        "report": report + gap_sentences(days),
        "duplicates": {name: group.droplevel(0).to_dict() for name, group in doubled.groupby(level=0, observed=True)},
    }
    return days if "is_holiday" in days else with_holidays(days, without_holidays={DEFAULT_COUNTRY, *without_holidays})


def _rows(source: Source, columns: Mapping[str, str] | None) -> tuple[pd.DataFrame, dict[str, str]]:
    """The columns of the source that are understood, and the names they had there."""
    table, names = known_columns(read_table(source), columns, named(source))
    if "value" not in names:
        raise ClimateDataError(f"{named(source)} has no column value: name it with columns={{'value': ...}}")
    for flag in FLAGS:
        if flag in table:
            table[flag] = table[flag].astype(str).str.lower().isin(["true", "1", "1.0"])
    return table, names


def _labels(rows: pd.DataFrame, key: str, given: str | None, default: str, source: str) -> pd.Series:
    """The names in a column, or one for all rows."""
    if key not in rows:
        return pd.Series(given or default, index=rows.index)
    if given is not None:
        raise ClimateDataError(f"{source} has a column {key} of its own: leave {key}='{given}' out")
    if rows[key].isna().any():
        raise ClimateDataError(f"row {rows[key].isna().idxmax()} of {source} has no {key}: fill it in")
    return rows[key].astype(str).str.strip()


def _daily(
    rows: pd.DataFrame,
    keys: list[str],
    needed: str,
    date_order: DateOrder | None,
    time_zone: str | None,
    source: str,
    report: list[str],
) -> tuple[pd.DataFrame, pd.Series]:
    """Checked numbers with one row per series and day, and the number of doubled rows by series."""
    when, said = parse_dates(rows["date"], rows.groupby(keys).ngroup(), order=date_order, time_zone=time_zone)
    report += said
    rows = checked_numbers(rows.assign(**when), source)
    days, doubled, said = daily_means(_without_missing(rows, needed, report), keys)
    report += said
    return days, doubled


def _joined(
    days: pd.DataFrame,
    temperature: Source,
    date_order: DateOrder | None,
    time_zone: str | None,
    source: str,
    report: list[str],
) -> pd.DataFrame:
    """Days with the temperature of their country from another table."""
    if "temperature_c" in days:
        raise ClimateDataError(f"{source} has a temperature of its own: leave `temperature` out")
    other = named(temperature)
    rows, _ = known_columns(read_table(temperature), None, other)
    if "temperature_c" not in rows:
        raise ClimateDataError(f"{other} has no column temperature_c: rename the one that holds the temperature")
    keys = days["country"].map({name: country_key(name) for name in days["country"].unique()})
    if "country" in rows:
        rows["country"] = _labels(rows, "country", None, "", other).map(country_key)
    elif keys.nunique() == 1:
        rows["country"] = keys.iloc[0]
    else:
        raise ClimateDataError(f"{other} has no column country though {source} has several: add it")
    wanted = rows.loc[rows["country"].isin(keys), ["date", "country", "temperature_c"]]
    if wanted.empty:
        raise ClimateDataError(
            f"{other} has no temperature of {', '.join(days['country'].unique()[:5])}: write the same country names"
        )
    degrees, _ = _daily(wanted, ["country"], "temperature_c", date_order, time_zone, other, report)
    return (
        days.assign(key=keys)
        .merge(degrees.rename(columns={"country": "key"}), on=["key", "date"], how="left")
        .drop(columns="key")
    )


def _without_missing(rows: pd.DataFrame, column: str, report: list[str]) -> pd.DataFrame:
    missing = rows[column].isna()
    if missing.all():
        raise ClimateDataError(f"no row has a {column}: fill the column in, for the same days as the other")
    if missing.any():
        names = ", ".join(sorted(rows.loc[missing, "country"].unique())[:5])
        report.append(f"{missing.sum()} rows without {column} were dropped ({names}).")
    return rows[~missing]


def _long_enough(days: pd.DataFrame, report: list[str]) -> pd.DataFrame:
    size = days.groupby(KEYS)["date"].transform("size")
    short = days[size < FEWEST_DAYS].drop_duplicates(KEYS)
    named_short = [f"{row.country} {row.sector} ({size[row.Index]} days)" for row in short.itertuples()]
    if (size < FEWEST_DAYS).all():
        raise ClimateDataError(f"{named_short[0]} is too short: give at least {FEWEST_DAYS} days")
    if named_short:
        report.append(f"Series of less than {FEWEST_DAYS} days were left out: {', '.join(named_short[:5])}.")
    return days[size >= FEWEST_DAYS]


def _arranged(days: pd.DataFrame) -> pd.DataFrame:
    """The columns and rows in order."""
    flags = {flag: days[flag] > 0 for flag in FLAGS if flag in days}
    days = days[["date", *KEYS, "value", "temperature_c"]].assign(**flags)
    for key in KEYS:
        days[key] = pd.Categorical(days[key], categories=sorted(days[key].unique()))
    return days.sort_values([*KEYS, "date"], ignore_index=True)
