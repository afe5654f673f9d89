"""NetCDF files opened so that only what is asked for is read."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from nbutils.climate.errors import ClimateDataError

AXES = {
    "time": (("time", "valid_time"), ()),
    "latitude": (("latitude", "lat", "y"), ("degrees_north", "degree_north", "degrees_n")),
    "longitude": (("longitude", "lon", "long", "x"), ("degrees_east", "degree_east", "degrees_e")),
}
PLANE = {"latitude", "longitude"}
TEMPERATURE_NAMES = ("t2m", "tas", "temperature", "temp", "air", "tavg")


@contextmanager
def opened(path: str | Path) -> Iterator[xr.Dataset]:
    """A NetCDF 3 or 4 file, its values decoded but not read.

    Raises:
        ClimateDataError: the file is not there, or no NetCDF that xarray can open.
    """
    path = Path(path)
    if not path.is_file():
        raise ClimateDataError(f"there is no file '{path}': check the path")
    with path.open("rb") as file:
        engine = "scipy" if file.read(3) == b"CDF" else "h5netcdf"
    try:
        data = xr.open_dataset(path, engine=engine, cache=False)
    except (OSError, ValueError, TypeError, KeyError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ClimateDataError(f"'{path.name}' cannot be read as NetCDF ({reason}): write it anew") from error
    with data:
        yield data


def axis_names(field: xr.DataArray) -> dict[str, str]:
    """The dimensions of a field that are time, latitude and longitude, by name or unit."""
    found = {}
    for name in map(str, field.dims):
        unit = str(field[name].attrs.get("units", "")).casefold() if name in field.coords else ""
        is_time = name in field.coords and np.issubdtype(field[name].dtype, np.datetime64)
        for axis, (names, units) in AXES.items():
            if name.casefold() in names or unit in units or (axis == "time" and is_time):
                found.setdefault(axis, name)
    return found


def times_of(field: xr.DataArray, source: str) -> pd.DatetimeIndex:
    """The moments of a field's steps (UTC).

    Raises:
        ClimateDataError: they are no dates of the usual calendar, or not in order.
    """
    times = field.indexes.get(axis_names(field)["time"])
    if not isinstance(times, pd.DatetimeIndex):
        raise ClimateDataError(f"{source} has no dates of the standard calendar on its time axis: convert it first")
    if not (times.is_monotonic_increasing and times.is_unique):
        raise ClimateDataError(f"the times of {source} are not in order: sort them, and keep each once")
    return times.as_unit("ns")


def temperature_of(data: xr.Dataset, variable: str | None, source: str) -> xr.DataArray:
    """The variable over time, latitude and longitude: `variable`, the only one, or that with a usual name.

    Raises:
        ClimateDataError: there is none, or several may be meant.
    """
    if variable is not None and variable not in data.data_vars:
        raise ClimateDataError(
            f"{source} has no variable '{variable}': choose from {', '.join(map(str, data.data_vars))}"
        )
    fields = _fields(data, PLANE | {"time"})
    chosen = [name for name in fields if name == variable] if variable is not None else list(fields)
    usual = [name for name in chosen if name.casefold() in TEMPERATURE_NAMES]
    chosen = usual if len(chosen) > 1 and len(usual) == 1 else chosen
    if len(chosen) > 1:
        raise ClimateDataError(f"{source} has the variables {', '.join(chosen)}: name the temperature with `variable`")
    return _only(fields, chosen, data, "time, latitude and longitude", source)


def plane_of(data: xr.Dataset, source: str) -> xr.DataArray:
    """The only variable over latitude and longitude alone.

    Raises:
        ClimateDataError: there is none, or there are several.
    """
    fields = _fields(data, PLANE)
    if len(fields) > 1:
        raise ClimateDataError(f"{source} has the variables {', '.join(fields)}: leave only the one that is meant")
    return _only(fields, list(fields), data, "latitude and longitude", source)


def _fields(data: xr.Dataset, axes: set[str]) -> dict[str, xr.DataArray]:
    """Variables over the given axes, other dimensions of length one left out."""
    fields = {}
    for name, field in data.data_vars.items():
        wanted = [dimension for axis, dimension in axis_names(field).items() if axis in axes]
        single = [dimension for dimension in field.dims if dimension not in wanted and field.sizes[dimension] == 1]
        field = field.squeeze(single, drop=True)
        if len(wanted) == len(axes) == field.ndim:
            fields[str(name)] = field
    return fields


def _only(fields: dict[str, xr.DataArray], chosen: list[str], data: xr.Dataset, axes: str, source: str) -> xr.DataArray:
    if not chosen:
        found = ", ".join(f"{name} ({', '.join(map(str, field.dims))})" for name, field in data.data_vars.items())
        raise ClimateDataError(f"{source} needs a variable over {axes} on a regular grid, and has {found or 'none'}")
    return fields[chosen[0]]
