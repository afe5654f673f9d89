import h5netcdf
import numpy as np
import pandas as pd
import pytest

from nbutils.climate.errors import ClimateDataError
from nbutils.climate.io.gridded import read_gridded
from nbutils.climate.io.tables import read_days
from tests.climate.io.made import LATITUDES, LONGITUDES, field, mean_by_loops, peak_bytes, plane, written

WEST = {"west": (-15, 25, 5, 65)}


def by_loops(made, weight, times):
    """Daily means in degrees Celsius, the plain way."""
    steps = [mean_by_loops(step, weight) for step in made.values]
    days = sorted({time.normalize() for time in times})
    return [
        np.mean([x for x, time in zip(steps, times, strict=True) if time.normalize() == day]) - 273.15 for day in days
    ]


def area(made):
    return np.cos(np.radians(made["latitude"].values))[:, None] * np.ones(made.sizes["longitude"])


def test_hours_in_kelvin_become_daily_means_in_celsius(tmp_path):
    made = field()

    table = read_gridded(written(made, tmp_path))

    assert table.columns.tolist() == ["date", "country", "temperature_c"]
    assert table["date"].tolist() == [*pd.date_range("2019-02-27", "2019-03-01")]
    assert table["date"].dtype == "datetime64[ns]"
    expected = by_loops(made, area(made), made.indexes["time"])
    np.testing.assert_allclose(table["temperature_c"], expected, rtol=1e-9)
    assert table.attrs["report"] == [
        "Temperatures are weighted by area, not by population.",
        "Days of all are days of UTC.",
        "Temperatures of all were converted from kelvin to degrees Celsius.",
    ]


def test_people_weigh_the_cells(tmp_path):
    made = field()
    counts = np.random.default_rng(1).integers(0, 9, (4, 5)).astype(float)
    people = written(plane(counts, LATITUDES, LONGITUDES), tmp_path, "people.nc")

    table = read_gridded(written(made, tmp_path), population=people, regions=WEST)

    inside = np.isin(LONGITUDES, [350, 0])
    expected = by_loops(made, counts * inside, made.indexes["time"])
    np.testing.assert_allclose(table["temperature_c"], expected, rtol=1e-9)


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("upside_down", [False, True])
def test_the_order_of_axes_changes_nothing(tmp_path, turned, upside_down):
    made = field()
    other = made.isel(latitude=slice(None, None, -1)) if upside_down else made
    if turned:
        other = other.assign_coords(longitude=(other["longitude"] + 180) % 360 - 180).sortby("longitude")

    plain = read_gridded(written(made, tmp_path), regions=WEST)
    same = read_gridded(written(other, tmp_path, "other.nc"), regions=WEST)

    np.testing.assert_allclose(same["temperature_c"], plain["temperature_c"], rtol=1e-12)


@pytest.mark.parametrize(
    ("units", "shift"), [("K", 0), ("degC", 273.15), ("", 0), ("", 273.15), ("degrees_Celsius", 273.15)]
)
def test_the_unit_is_told_by_the_file_or_the_values(tmp_path, units, shift):
    made = field()
    other = (made - shift).assign_attrs(units=units).rename("t2m")

    np.testing.assert_allclose(
        read_gridded(written(other, tmp_path, "other.nc"))["temperature_c"],
        read_gridded(written(made, tmp_path))["temperature_c"],
        rtol=1e-9,
    )


def test_a_wrong_unit_is_refused_and_may_be_corrected(tmp_path):
    path = written(field().assign_attrs(units="degC"), tmp_path)

    with pytest.raises(ClimateDataError, match=r"the temperature of all on 2019-02-27, 28.*, is none"):
        read_gridded(path)
    assert read_gridded(path, temperature_unit="K")["temperature_c"].between(5, 20).all()


def test_days_are_those_of_the_zone(tmp_path):
    made = field()

    table = read_gridded(
        written(made, tmp_path), regions=WEST | {"east": (5, 25, 35, 65)}, time_zones={"west": "Asia/Tokyo"}
    )

    tokyo = made.isel(time=slice(15, 63))
    inside = area(made) * np.isin(LONGITUDES, [350, 0])
    expected = by_loops(tokyo, inside, tokyo.indexes["time"] + pd.Timedelta(hours=9))
    west = table[table["country"] == "west"]
    assert west["date"].tolist() == [*pd.date_range("2019-02-28", "2019-03-01")]
    np.testing.assert_allclose(west["temperature_c"], expected, rtol=1e-9)
    assert (table["country"] == "east").sum() == 3
    assert "2 days with less than 75 % of their steps were dropped." in table.attrs["report"]


def test_daily_steps_keep_their_day_whatever_the_zone(tmp_path):
    path = written(field(steps_a_day=1), tmp_path)

    table = read_gridded(path, time_zones={"all": "America/New_York"})

    assert table["date"].tolist() == [*pd.date_range("2019-02-27", "2019-03-01")]
    assert "time_zones do not apply to daily temperatures" in " ".join(table.attrs["report"])


def test_files_are_read_in_order_and_what_they_repeat_once(tmp_path):
    made = field(days=6)
    whole = read_gridded(written(made, tmp_path))
    late = written(made.isel(time=slice(60, None)), tmp_path, "a.nc")
    early = written(made.isel(time=slice(0, 80)), tmp_path, "b.nc")

    table = read_gridded([late, early])

    np.testing.assert_allclose(table["temperature_c"], whole["temperature_c"], rtol=1e-12)
    assert "20 steps of 'a.nc' were read before and passed over." in table.attrs["report"]


def test_files_may_have_different_grids(tmp_path):
    first, second = field(), field(start="2019-03-02", latitudes=[55.0, 45.0, 35.0])

    table = read_gridded([written(first, tmp_path, "a.nc"), written(second, tmp_path, "b.nc")])

    expected = by_loops(second, area(second), second.indexes["time"])
    np.testing.assert_allclose(table["temperature_c"].iloc[3:], expected, rtol=1e-9)


def test_the_sea_does_not_count(tmp_path):
    made = field()
    made[:, :, 0] = np.nan
    land = area(made) * (np.arange(5) > 0)

    table = read_gridded(written(made, tmp_path))

    np.testing.assert_allclose(table["temperature_c"], by_loops(made, land, made.indexes["time"]), rtol=1e-9)


@pytest.mark.slow
def test_a_file_of_the_size_of_a_reanalysis_is_never_held_whole(tmp_path):
    steps, latitudes, longitudes = 96, np.arange(90, -90.1, -0.25), np.arange(0, 360, 0.25)
    with h5netcdf.File(tmp_path / "t2m.nc", "w") as file:
        file.dimensions = {"valid_time": steps, "latitude": 721, "longitude": 1440}
        file.create_variable("latitude", ("latitude",), data=latitudes)
        file.create_variable("longitude", ("longitude",), data=longitudes)
        file.create_variable("valid_time", ("valid_time",), data=np.arange(steps))
        file["valid_time"].attrs["units"] = "hours since 2019-01-01"
        chunks = {"chunks": (24, 103, 144), "compression": "gzip", "compression_opts": 1}
        field = file.create_variable("t2m", ("valid_time", "latitude", "longitude"), "f4", **chunks)
        field.attrs["units"] = "K"
        for step in range(0, steps, 24):
            field[step : step + 24] = np.full((24, 721, 1440), 280 + step // 24, dtype=np.float32)

    peak, table = peak_bytes(lambda: read_gridded(tmp_path / "t2m.nc"))

    np.testing.assert_allclose(table["temperature_c"], 280 - 273.15 + np.arange(4), rtol=1e-6)
    assert peak < 0.6 * steps * 721 * 1440 * 4


def test_the_table_serves_as_the_temperature_of_emissions(tmp_path):
    table = read_gridded(
        written(field(days=80, steps_a_day=4, start="2019-01-01"), tmp_path), regions={"France": (-5, 35, 10, 55)}
    )
    values = np.random.default_rng(0).uniform(4, 6, 80)
    emissions = pd.DataFrame({"date": pd.date_range("2019-01-01", periods=80), "country": "France", "value": values})

    days = read_days(emissions, temperature=table)

    np.testing.assert_array_equal(days["temperature_c"], table["temperature_c"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"regions": {"x": (100, -50, 120, -40)}}, "region 'x' holds no cell"),
        ({"time_zones": {"y": "Asia/Tokyo"}}, "time_zones names 'y', which is no region: choose from all"),
        ({"time_zones": {"all": "Mars"}}, "no time zone is called 'Mars'"),
        ({"variable": "tp"}, "no variable 'tp'"),
    ],
)
def test_what_cannot_be_is_named(tmp_path, arguments, message):
    with pytest.raises(ClimateDataError, match=message):
        read_gridded(written(field(), tmp_path), **arguments)


def test_files_that_disagree_on_the_unit_or_hold_nothing_are_refused(tmp_path):
    kelvin = written(field(), tmp_path, "a.nc")
    celsius = written((field(start="2019-03-02") - 273.15).assign_attrs(units="degC").rename("t2m"), tmp_path, "b.nc")
    nothing = written(field() * np.nan, tmp_path, "c.nc")

    with pytest.raises(ClimateDataError, match="several units"):
        read_gridded([kelvin, celsius])
    with pytest.raises(ClimateDataError, match="no region has a temperature on any day"):
        read_gridded(nothing)
    with pytest.raises(ClimateDataError, match="no NetCDF file"):
        read_gridded([])
    with pytest.raises(ClimateDataError, match=r"'people\.nc' has no time"):
        read_gridded(written(plane(np.ones((4, 5)), LATITUDES, LONGITUDES), tmp_path, "people.nc"))
