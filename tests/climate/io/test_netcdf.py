import numpy as np
import pytest
import xarray as xr

from nbutils.climate.errors import ClimateDataError
from nbutils.climate.io.netcdf import axis_names, opened, plane_of, temperature_of, times_of
from tests.climate.io.made import field, plane, written


@pytest.mark.parametrize("engine", ["h5netcdf", "scipy"])
def test_both_kinds_of_netcdf_open_without_being_read(tmp_path, engine):
    made = field()
    made.to_dataset().to_netcdf(tmp_path / "f.nc", engine=engine)

    with opened(tmp_path / "f.nc") as data:
        found = temperature_of(data, None, "f")
        assert not found.variable._in_memory
        np.testing.assert_array_equal(found.values, made.values)


@pytest.mark.parametrize(
    "names",
    [("time", "latitude", "longitude"), ("valid_time", "lat", "lon"), ("t", "rows", "columns"), ("TIME", "Y", "X")],
)
def test_axes_are_told_by_name_unit_and_type(names):
    made = field().rename(dict(zip(("time", "latitude", "longitude"), names, strict=True)))
    made[names[1]].attrs["units"], made[names[2]].attrs["units"] = "degrees_north", "degrees_east"

    assert axis_names(made) == dict(zip(("time", "latitude", "longitude"), names, strict=True))


def test_the_temperature_is_found_among_others_and_other_axes_of_one_are_left_out():
    made = field()
    data = xr.Dataset({"t2m": made.expand_dims(height=[2.0]), "d2m": made, "lsm": made.isel(time=0, drop=True)})

    assert temperature_of(data, None, "f").name == "t2m"
    assert temperature_of(data, None, "f").dims == ("time", "latitude", "longitude")
    assert temperature_of(data, "d2m", "f").name == "d2m"
    assert plane_of(data, "f").name == "lsm"


def test_an_axis_of_length_one_stays():
    small = field(days=1, steps_a_day=1, latitudes=[50.0])

    assert temperature_of(small.to_dataset(), None, "f").shape == (1, 1, 5)


@pytest.mark.parametrize(
    ("data", "variable", "message"),
    [
        (xr.Dataset({"a": field(), "b": field()}), None, "variables a, b: name the temperature with `variable`"),
        (xr.Dataset({"a": field()}), "t", "no variable 't': choose from a"),
        (xr.Dataset({"a": field().expand_dims(member=[1, 2])}), None, r"has a \(member, time, latitude, longitude\)"),
        (xr.Dataset({"a": plane(np.zeros((2, 2)), [0, 1], [0, 1])}), None, "needs a variable over time, latitude"),
        (xr.Dataset(), None, "has none"),
    ],
)
def test_a_temperature_that_cannot_be_told_is_an_error(data, variable, message):
    with pytest.raises(ClimateDataError, match=message):
        temperature_of(data, variable, "f")


def test_two_planes_leave_it_open():
    data = xr.Dataset({name: plane(np.zeros((2, 2)), [0, 1], [0, 1], name) for name in "ab"})

    with pytest.raises(ClimateDataError, match="variables a, b: leave only the one"):
        plane_of(data, "f")


def test_times_out_of_order_are_refused():
    made = field()

    with pytest.raises(ClimateDataError, match="not in order"):
        times_of(made.isel(time=[1, 0, 2]), "f")
    with pytest.raises(ClimateDataError, match="not in order"):
        times_of(made.isel(time=[0, 0, 1]), "f")


@pytest.mark.parametrize("calendar", ["noleap", "360_day", None])
def test_times_that_are_no_dates_of_the_usual_calendar_are_refused(tmp_path, calendar):
    attributes = {"units": "days since 2019-01-01", "calendar": calendar} if calendar else {}
    path = written(field().assign_coords(time=("time", np.arange(72.0), attributes)), tmp_path)

    with pytest.raises(ClimateDataError, match=r"calendar|decode time"), opened(path) as data:
        times_of(temperature_of(data, None, "f"), "f")


@pytest.mark.parametrize("content", [b"", b"not netcdf at all", b"CDF\x01broken", b"\x89HDF\r\n\x1a\nbroken"])
def test_files_that_are_no_netcdf_are_named(tmp_path, content):
    (tmp_path / "f.nc").write_bytes(content)

    with pytest.raises(ClimateDataError, match=r"'f\.nc' cannot be read as NetCDF"), opened(tmp_path / "f.nc"):
        pass


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ClimateDataError, match=r"no file '.*nowhere\.nc'"), opened(tmp_path / "nowhere.nc"):
        pass


def test_packed_values_are_unpacked(tmp_path):
    made = field()
    path = written(made, tmp_path, dtype="int16", scale_factor=0.01, add_offset=273.15, _FillValue=-32768)

    with opened(path) as data:
        np.testing.assert_allclose(temperature_of(data, None, "f").values, made.values, atol=0.006)
