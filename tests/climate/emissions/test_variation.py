import numpy as np
import pandas as pd
import pytest

from nbutils.climate.emissions import calendar_table, daily_range
from nbutils.climate.errors import ClimateDataError
from tests.climate.emissions.made import made_days


def test_the_range_of_each_year_written_out():
    series = made_days(start="2020-01-01", end="2021-12-31")

    table = daily_range(series, smoothing_days=(1, 7), resamples=20).set_index(["smoothing_days", "year"])

    for year in (2020, 2021):
        value = series.loc[series["date"].dt.year == year, "value"]
        week = value.rolling(7).mean()
        row, smooth = table.loc[(1, year)], table.loc[(7, year)]
        assert row["range_percent"] == pytest.approx(100 * (value.max() - value.min()) / value.mean())
        assert smooth["range_percent"] == pytest.approx(100 * (week.max() - week.min()) / value.mean())
        assert row["n"] == len(value)


def test_a_week_of_smoothing_takes_the_weekend_away():
    table = daily_range(made_days(noise=0.0), resamples=20).groupby("smoothing_days").mean(numeric_only=True)

    assert table.loc[7, "range_percent"] < table.loc[1, "range_percent"] - 8
    assert table.loc[7, "calendar_percent"] < table.loc[1, "calendar_percent"] - 8


def test_without_weather_and_noise_the_calendar_is_the_range():
    """Of a season that the two harmonics can draw nothing is left to resample."""
    series = made_days(start="2021-01-01", end="2021-12-31")
    weekend = np.where(series["date"].dt.day_of_week >= 5, -8.0, 0.0)
    season = 10 * np.cos(2 * np.pi * series["date"].dt.day_of_year / 365.25)
    series["value"] = 100 + weekend + season - 5 * series["is_holiday"]

    row = daily_range(series, smoothing_days=(1,), resamples=20).iloc[0]

    assert row["calendar_percent"] == pytest.approx(row["range_percent"])
    assert (row["low"], row["high"]) == pytest.approx((row["range_percent"], row["range_percent"]))


@pytest.mark.slow
def test_the_interval_covers_the_range_to_be_expected():
    """Coverage over 120 simulated years."""
    years = [made_days(start="2021-01-01", end="2021-12-31", seed=seed) for seed in range(120)]

    rows = pd.concat([daily_range(year, smoothing_days=(1,), resamples=100) for year in years])

    expected = rows["range_percent"].mean()
    assert 0.88 < ((rows["low"] <= expected) & (expected <= rows["high"])).mean() < 0.99


def test_the_range_does_not_depend_on_names_or_unit():
    series = made_days(end="2020-12-31")
    other = series.assign(country="B", value=series["value"] * 1024)

    table = daily_range(pd.concat([series, other], ignore_index=True), resamples=20)

    first, second = (table[table["country"] == name].reset_index(drop=True) for name in "AB")
    pd.testing.assert_frame_equal(first.drop(columns="country"), second.drop(columns="country"))


def test_incomplete_years_are_told():
    table = daily_range(made_days(start="2019-02-01", end="2020-12-31"), resamples=20)

    assert set(table["year"]) == {2020}
    assert table.attrs["report"] == ["A, total: years with fewer than 360 days have no range: 2019."]


def test_impossible_lengths_and_means_are_named():
    series = made_days(end="2019-12-31")
    with pytest.raises(ClimateDataError, match="0 days for a running mean"):
        daily_range(series, smoothing_days=(0,))
    with pytest.raises(ClimateDataError, match="A, total: the mean of 2019 is not positive"):
        daily_range(series.assign(value=-series["value"]))
    with pytest.raises(ClimateDataError, match="A, total: the mean of 2019 is not positive"):
        calendar_table(series.assign(value=-series["value"]))


def test_the_place_of_each_day_in_the_calendar():
    series = made_days(start="2020-01-01", end="2021-12-31")

    table = calendar_table(series)

    assert not table.duplicated(["year", "week", "weekday"]).any()
    assert table.groupby("year")["relative"].mean().to_numpy() == pytest.approx(0, abs=1e-9)
    on = table.set_index("date")
    assert on.loc["2020-01-01", ["week", "weekday"]].tolist() == [0, 2]
    assert on.loc["2020-01-06", ["week", "weekday"]].tolist() == [1, 0]
    assert on.loc["2021-01-01", ["year", "week", "weekday"]].tolist() == [2021, 0, 4]
    assert on.loc["2020-12-31", ["week", "weekday"]].tolist() == [52, 3]
    value = series.set_index("date")["value"]
    assert on.loc["2020-07-01", "relative"] == pytest.approx(100 * (value["2020-07-01"] / value["2020"].mean() - 1))
