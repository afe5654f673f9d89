"""Daily temperatures of countries from gridded NetCDF, read piece by piece."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from nbutils.climate.errors import ClimateDataError
from nbutils.climate.io.daily import is_partial
from nbutils.climate.io.dates import in_zone
from nbutils.climate.io.grid import Grid, grid_of
from nbutils.climate.io.netcdf import axis_names, opened, temperature_of, times_of
from nbutils.climate.io.region_means import region_means
from nbutils.climate.io.temperature import TemperatureUnit, in_celsius
from nbutils.climate.io.weights import Regions, Weights, region_weights
from nbutils.progress import progress

UNITS: dict[str, TemperatureUnit] = {
    **dict.fromkeys(("k", "kelvin", "degk", "deg_k", "degree_kelvin", "degrees_kelvin"), "K"),
    **dict.fromkeys(("c", "°c", "degc", "deg_c", "celsius", "degree_celsius", "degrees_celsius", "degree_c"), "C"),
    **dict.fromkeys(("f", "°f", "degf", "deg_f", "fahrenheit", "degree_fahrenheit", "degrees_fahrenheit"), "F"),
}


def read_gridded(
    paths: str | Path | Sequence[str | Path],
    *,
    population: str | Path | None = None,
    regions: Regions | None = None,
    variable: str | None = None,
    time_zones: Mapping[str, str] | None = None,
    temperature_unit: TemperatureUnit | None = None,
) -> pd.DataFrame:
    """Mean temperature of each region and day, weighted by people or by area.

    Files are read in pieces of at most 64 MiB along their stored chunks, so that memory does not grow with them.
    Longitudes may run from 0 or from -180, latitudes either way. A step is the mean over the cells that are not
    missing, their weights made to sum to one; a day is the mean of its steps, and days with less than three quarters of
    the usual steps are left out.

    Args:
        paths: NetCDF files that follow one another in time; steps that a file repeats are passed over.
        population: NetCDF with people by cell, or by area, on a grid of its own; by area alone if None.
        regions: names to (west, south, east, north) in degrees, where a cell belongs to a box that holds its centre; or
            a NetCDF mask with the attributes flag_values and flag_meanings; the whole grid as "all" if None.
        variable: name of the temperature where it cannot be told.
        time_zones: IANA zone by region, whose days are meant; UTC days for others.
        temperature_unit: "C", "F" or "K" where the file does not say it or says it wrongly.

    Returns:
        `date` (datetime64[ns]), `country` (category; the region's name), `temperature_c`, sorted by country and date;
        `attrs["report"]` holds sentences about what was decided. The table is what `read_days` takes as `temperature`.

    Raises:
        ClimateDataError: a file is no such NetCDF, units differ between files, or a region is empty.
    """
    files = [paths] if isinstance(paths, str | Path) else list(paths)
    if not files:
        raise ClimateDataError("no NetCDF file was given: give one path or several")
    report: list[str] = []
    parts, units, grid, weights, last = [], set(), None, None, pd.Timestamp.min
    for path in progress(sorted(files, key=_first_time), "Reading temperatures"):
        source = f"'{Path(path).name}'"
        with opened(path) as data:
            field = temperature_of(data, variable, source)
            if grid is None or not _same(grid, grid_of(field, source)):
                grid = grid_of(field, source)
                weights = region_weights(grid, regions, population, report)
                _check_zones(time_zones or {}, weights.names)
            times = times_of(field, source)
            new = slice(int(np.searchsorted(times, last, side="right")), len(times))
            if new.start:
                report.append(f"{new.start} steps of {source} were read before and passed over.")
            if new.start < new.stop:
                parts.append(_days(field, times, new, grid, weights, time_zones or {}, report))
                last = times[-1]
            units.add(UNITS.get(str(field.attrs.get("units", "")).strip().casefold()))
    if len(units) > 1 and temperature_unit is None:
        raise ClimateDataError(
            "the files give temperatures in several units: read each alone, or give temperature_unit"
        )
    days = _complete_days(pd.concat(parts), report)
    days["temperature_c"] = in_celsius(days, temperature_unit or units.pop(), report)
    days["country"] = pd.Categorical(days["country"], categories=sorted(days["country"].unique()))
    days = days.sort_values(["country", "date"], ignore_index=True)
    days.attrs = {"report": list(dict.fromkeys(report))}
    return days


def _first_time(path: str | Path) -> pd.Timestamp:
    source = f"'{Path(path).name}'"
    with opened(path) as data:
        times = [times_of(data[name], source) for name in data.data_vars if "time" in axis_names(data[name])]
        if not times or not len(times[0]):
            raise ClimateDataError(f"{source} has no time: give a file with a temperature for every hour or day")
        return times[0][0]


def _same(grid: Grid, other: Grid) -> bool:
    return np.array_equal(grid.latitude, other.latitude) and np.array_equal(grid.longitude, other.longitude)


def _check_zones(time_zones: Mapping[str, str], names: Sequence[str]) -> None:
    unknown = [name for name in time_zones if name not in names]
    if unknown:
        raise ClimateDataError(f"time_zones names '{unknown[0]}', which is no region: choose from {', '.join(names)}")


def _days(
    field: xr.DataArray,
    times: pd.DatetimeIndex,
    steps: slice,
    grid: Grid,
    weights: Weights,
    time_zones: Mapping[str, str],
    report: list[str],
) -> pd.DataFrame:
    """Sum and number of the known step means of each region and local day, in the unit of the file."""
    means = region_means(field, grid, weights, steps, report)
    is_daily = len(times) < 2 or np.median(np.diff(times)) >= np.timedelta64(1, "D")
    utc = [name for name in weights.names if name not in time_zones]
    if is_daily and time_zones:
        report.append("time_zones do not apply to daily temperatures: their days are taken as they are.")
    elif not is_daily and utc:
        report.append(f"Days of {', '.join(utc[:5])}{' and others' if len(utc) > 5 else ''} are days of UTC.")
    parts = []
    for index, name in enumerate(weights.names):
        moment = pd.Series(times[steps])
        local = moment if is_daily else in_zone(moment, time_zones.get(name, "UTC"))
        sums = pd.Series(means[:, index]).groupby(local.dt.normalize().rename("date")).agg(["sum", "count"])
        parts.append(sums.reset_index().assign(country=name))
    return pd.concat(parts)


def _complete_days(parts: pd.DataFrame, report: list[str]) -> pd.DataFrame:
    """Daily means of the days that have most of their steps, from sums that files or blocks may have divided."""
    sums = parts.groupby(["country", "date"], as_index=False)[["sum", "count"]].sum()
    partial = (sums["count"] == 0) | is_partial(sums["count"], sums["country"])
    if partial.any():
        report.append(f"{partial.sum()} days with less than 75 % of their steps were dropped.")
    kept = sums[~partial]
    if kept.empty:
        raise ClimateDataError("no region has a temperature on any day: check that the cells in it are not missing")
    return kept.assign(temperature_c=kept["sum"] / kept["count"])[["date", "country", "temperature_c"]]
