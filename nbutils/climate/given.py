"""The days that `co2_thresholds` looks at: the reader's series, or the simulated countries."""

from pathlib import Path
from typing import NamedTuple

import pandas as pd

from nbutils.climate.errors import ClimateDataError
from nbutils.climate.io.calendar import with_shocks
from nbutils.climate.io.gridded import read_gridded
from nbutils.climate.io.tables import read_days
from nbutils.climate.io.temperature import TemperatureUnit
from nbutils.climate.io.totals import with_total
from nbutils.climate.parameters import names_in
from nbutils.climate.simulated import SIMULATED, simulated_countries

NETCDF = (".nc", ".nc4", ".cdf")
WHOLE_GRID = "all"


class ClimateData(NamedTuple):
    """Days of emissions and temperature, and what was planted in them.

    Attributes:
        days: as `read_days` gives them, with `is_shock`; simulated countries say so in their name.
        planted: as of `simulated_countries`; no rows for days that were given.
    """

    days: pd.DataFrame
    planted: pd.DataFrame


def climate_data(
    series: str,
    *,
    temperature: str = "",
    population: str = "",
    regions: str = "",
    countries: str = "",
    sectors: str = "",
    date_order: str = "",
    temperature_unit: str = "",
    seed: int = 0,
) -> ClimateData:
    """The given series, or the simulated countries.

    Args:
        series: file as `read_days` takes it; "" for `simulated_countries`.
        temperature: file beside it without temperatures: a table, a NetCDF, or a folder of NetCDF files.
        population: NetCDF that weights a gridded temperature.
        regions: NetCDF mask with the country of each cell of a gridded temperature.
        countries: names with commas that are kept; "" for all.
        sectors: the same; of several sectors without a total the total is made.
        date_order: "dmy", "mdy" or "" to go by the dates.
        temperature_unit: "C", "F", "K" or "" to go by the values.
        seed: of the simulation.

    Raises:
        ClimateDataError: a file cannot be read, or nothing is called so.
    """
    if not series:
        days, planted = simulated_countries(seed=seed)
        planted = planted.assign(country=SIMULATED + planted["country"])
        attrs = days.attrs
        days = days.assign(country=days["country"].cat.rename_categories(lambda name: SIMULATED + name))
        days.attrs = attrs
        wanted = [name if name.startswith(SIMULATED) else SIMULATED + name for name in names_in(countries)]
        return ClimateData(_chosen(_chosen(days, "country", wanted), "sector", names_in(sectors)), planted)
    unit: TemperatureUnit | None = temperature_unit or None
    given = read_days(
        Path(series).expanduser(),
        temperature=_temperatures(temperature, population, regions, unit),
        date_order=date_order or None,
        temperature_unit=None if _is_gridded(temperature) else unit,
    )
    given = _chosen(given, "country", names_in(countries))
    if given["sector"].nunique() > 1 and not (given["sector"] == "total").any():
        given = with_total(given)
    given = _chosen(given, "sector", [name.lower() for name in names_in(sectors)])
    nothing = pd.DataFrame(columns=simulated_countries(("US",), first_year=2000, last_year=2000)[1].columns)
    return ClimateData(with_shocks(given), nothing)


def decisions(days: pd.DataFrame) -> pd.DataFrame:
    """What reading the days has decided and dropped, one sentence a row (`decided`)."""
    return pd.DataFrame({"decided": days.attrs.get("report") or ["Nothing was changed."]})


def _chosen(days: pd.DataFrame, column: str, names: list[str]) -> pd.DataFrame:
    """The rows of the named countries or sectors; all rows where none is named."""
    known = list(days[column].cat.categories)
    for name in names:
        if name not in known:
            raise ClimateDataError(f"no {column} in the data is called '{name}': choose from {', '.join(known)}")
    if not names:
        return days
    kept = days[days[column].isin(names)].reset_index(drop=True)
    kept[column] = kept[column].cat.remove_unused_categories()
    kept.attrs = days.attrs
    return kept


def _is_gridded(temperature: str) -> bool:
    path = Path(temperature).expanduser()
    return bool(temperature) and (path.is_dir() or path.suffix.lower() in NETCDF)


def _temperatures(
    temperature: str, population: str, regions: str, unit: TemperatureUnit | None
) -> Path | pd.DataFrame | None:
    """What `read_days` takes as temperature."""
    if not temperature:
        return None
    path = Path(temperature).expanduser()
    if not _is_gridded(temperature):
        return path
    files = sorted(file for file in path.iterdir() if file.suffix.lower() in NETCDF) if path.is_dir() else [path]
    means = read_gridded(
        files,
        population=Path(population).expanduser() if population else None,
        regions=Path(regions).expanduser() if regions else None,
        temperature_unit=unit,
    )
    # The whole grid is of no country's name: it is the one country that is given.
    return means.drop(columns="country") if list(means["country"].unique()) == [WHOLE_GRID] else means
