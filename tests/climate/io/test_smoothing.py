import numpy as np
import pytest

from nbutils.climate.errors import ClimateDataError
from nbutils.climate.io.smoothing import smoothed
from nbutils.climate.simulated import simulated_countries


@pytest.fixture(scope="module")
def days():
    return simulated_countries(["US", "Chile"], first_year=2019, last_year=2019)[0]


@pytest.mark.parametrize("half", [1, 3, 15])
def test_both_series_are_the_means_of_the_same_days(days, half):
    smooth = smoothed(days, 2 * half + 1)

    assert list(smooth.columns) == list(days.columns)
    assert len(smooth) == len(days) - 6 * 2 * half
    for (country, sector), series in smooth.groupby(["country", "sector"], observed=True):
        raw = days[(days["country"] == country) & (days["sector"] == sector)]
        for column in ("value", "temperature_c"):
            plain = [raw[column].iloc[i - half : i + half + 1].mean() for i in range(half, len(raw) - half)]
            np.testing.assert_allclose(series[column], plain, rtol=1e-9)
    assert smooth["country"].dtype == days["country"].dtype


def test_beside_a_gap_nothing_is_made_up(days):
    one = days[days["sector"].eq("total") & days["country"].eq("US")].reset_index(drop=True)

    smooth = smoothed(one.drop(index=100), 7)

    lost = set(one["date"].iloc[3:-3]) - set(smooth["date"])
    assert lost == set(one["date"].iloc[97:104])
    assert smooth.attrs["report"][-1] == "Emissions and temperature are centred means of 7 days; 12 rows fell out."


def test_days_near_a_holiday_are_marked(days):
    one = days[days["sector"].eq("total") & days["country"].eq("US")]

    marked = smoothed(one, 3).set_index("date")["is_holiday"]

    assert marked.loc["2019-07-03":"2019-07-05"].all()
    assert not marked.loc["2019-07-02"]
    assert marked.dtype == bool


def test_a_window_of_one_day_changes_nothing(days):
    assert smoothed(days, 1) is days


@pytest.mark.parametrize(("window", "message"), [(4, "odd"), (0, "odd"), (-3, "odd"), (999, "shorter")])
def test_windows_that_cannot_be(days, window, message):
    with pytest.raises(ClimateDataError, match=message):
        smoothed(days, window)
