"""Small gridded files, and the means that plain loops take of them."""

import tracemalloc

import numpy as np
import pandas as pd
import xarray as xr

LATITUDES = np.array([60.0, 50.0, 40.0, 30.0])
LONGITUDES = np.array([350.0, 0.0, 10.0, 20.0, 30.0])


def field(seed=0, *, days=3, steps_a_day=24, latitudes=LATITUDES, longitudes=LONGITUDES, start="2019-02-27"):
    """Temperatures in kelvin over time, latitude and longitude."""
    times = pd.date_range(start, periods=days * steps_a_day, freq=f"{24 // steps_a_day}h", unit="ns")
    values = np.random.default_rng(seed).normal(285, 10, (len(times), len(latitudes), len(longitudes)))
    return xr.DataArray(
        values,
        coords={"time": times, "latitude": latitudes, "longitude": longitudes},
        dims=("time", "latitude", "longitude"),
        name="t2m",
        attrs={"units": "K"},
    )


def plane(values, latitudes, longitudes, name="population", **attributes):
    return xr.DataArray(
        values,
        coords={"latitude": latitudes, "longitude": longitudes},
        dims=("latitude", "longitude"),
        name=name,
        attrs=attributes,
    )


def written(data, folder, name="field.nc", **encoding):
    path = folder / name
    data.to_dataset().to_netcdf(path, engine="h5netcdf", encoding={data.name: encoding} if encoding else None)
    return path


def peak_bytes(action):
    """The most memory that Python held while `action` ran, and what it gave."""
    tracemalloc.start()
    try:
        result = action()
        return tracemalloc.get_traced_memory()[1], result
    finally:
        tracemalloc.stop()


def mean_by_loops(values, weight):
    """Weighted mean of one step [rows, columns] over the cells that are known."""
    total = known = 0.0
    for row in range(values.shape[0]):
        for column in range(values.shape[1]):
            if not np.isnan(values[row, column]):
                total += weight[row, column] * values[row, column]
                known += weight[row, column]
    return total / known
