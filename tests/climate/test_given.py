import numpy as np
import pandas as pd
import pytest
import xarray as xr

from nbutils import climate
from nbutils.climate.errors import ClimateDataError


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Two sectors of one country without a total, as a file."""
    days, _ = climate.simulated_countries(
        ("China",), first_year=2019, last_year=2020, sectors=("power", "residential"), seed=2
    )
    path = tmp_path_factory.mktemp("days") / "days.csv"
    days.drop(columns=["is_holiday", "is_shock"]).to_csv(path, index=False)
    return path


def test_a_given_series_gets_its_total_and_its_shocks(written):
    data = climate.climate_data(str(written))

    assert list(data.days["sector"].unique()) == ["power", "residential", "total"]
    assert data.planted.empty
    assert data.days.loc[data.days["date"] == "2019-02-05", "is_shock"].all()  # Spring Festival
    assert list(climate.main_series(data.days)["sector"].unique()) == ["total"]


def test_carbon_monitors_days_get_temperatures_from_a_table_or_a_grid(written, tmp_path):
    days = pd.read_csv(written, parse_dates=["date"])
    days.drop(columns="temperature_c").to_csv(tmp_path / "emissions.csv", index=False)
    known = days.drop_duplicates("date")
    known[["date", "country", "temperature_c"]].to_csv(tmp_path / "table.csv", index=False)
    grid = xr.DataArray(
        np.broadcast_to(known["temperature_c"].to_numpy()[:, None, None] + 273.15, (len(known), 2, 3)),
        coords={"time": known["date"].to_numpy(), "latitude": [30.0, 31.0], "longitude": [100.0, 101.0, 102.0]},
        dims=["time", "latitude", "longitude"],
        attrs={"units": "K"},
        name="t2m",
    )
    (tmp_path / "grids").mkdir()
    grid.to_netcdf(tmp_path / "grids" / "2019.nc")

    expected = climate.climate_data(str(written)).days["temperature_c"]
    for temperature in ("table.csv", "grids", "grids/2019.nc"):
        data = climate.climate_data(str(tmp_path / "emissions.csv"), temperature=str(tmp_path / temperature))
        np.testing.assert_allclose(data.days["temperature_c"], expected, atol=1e-4)


def test_sectors_and_countries_are_chosen_by_name(written):
    assert list(climate.climate_data(str(written), sectors="Power").days["sector"].unique()) == ["power"]
    with pytest.raises(ClimateDataError, match="no country in the data is called 'Peru': choose from China"):
        climate.climate_data(str(written), countries="Peru")
    with pytest.raises(ClimateDataError, match="no sector in the data is called 'steel'"):
        climate.climate_data(str(written), sectors="steel")


def test_simulated_countries_say_so_and_are_found_by_either_name():
    days, planted = climate.climate_data("", countries="US,simulated Chile", sectors="total")

    assert list(days["country"].unique()) == ["simulated Chile", "simulated US"]
    assert set(days["country"]) <= set(planted["country"])
    assert "simulated" in climate.decisions(days)["decided"].iloc[0]
