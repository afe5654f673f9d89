import numpy as np
import pandas as pd
import pytest

from nbutils.climate.breakpoints.normalised import normalised
from tests.climate.breakpoints.made_days import made_days


def test_complete_years_are_in_percent_of_their_mean():
    days = made_days()

    series = normalised(days)

    by_year = pd.Series(series.percent).groupby(pd.DatetimeIndex(series.date).year).mean()
    np.testing.assert_allclose(by_year, 100)
    first = days["value"][days["date"].dt.year == 2019]
    np.testing.assert_allclose(series.percent[:365], 100 * first / first.mean())
    np.testing.assert_array_equal(series.temperature_c, days["temperature_c"])
    assert series.report == ()


def test_the_unit_does_not_matter():
    days = made_days()

    np.testing.assert_allclose(
        normalised(days.assign(value=days["value"] * 7)).percent, normalised(days).percent, rtol=1e-12
    )


def test_a_part_of_a_year_keeps_its_season():
    """Two cold months are above the mean of their year, which they do not show by themselves."""
    whole = made_days(days=1461, below=-3.0, above=0.0, sd=0.5)
    part = whole[whole["date"] < "2022-03-01"]

    expected, series = normalised(whole), normalised(part)

    np.testing.assert_allclose(series.percent[-59:].mean(), expected.percent[1096:1155].mean(), atol=3)
    assert series.percent[-59:].mean() > 115
    assert series.report == ("2022 has 59 days; its level is that of the same months of other years.",)


def test_without_a_complete_year_the_mean_is_of_all_days():
    days = made_days(days=200)

    series = normalised(days)

    np.testing.assert_allclose(series.percent, 100 * days["value"] / days["value"].mean())
    assert "No year is complete" in series.report[0]


def test_value_temperature_and_covariates_are_smoothed_alike():
    days = made_days(days=400, start="2019-01-01")
    days.loc[100, "value"] = np.nan

    raw, smooth = normalised(days.drop(index=100)), normalised(days, smoothing_days=5)

    left = np.setdiff1d(np.arange(2, 398), np.arange(98, 103))
    np.testing.assert_array_equal(smooth.date, days["date"].to_numpy()[left])
    of_raw = np.searchsorted(raw.date, smooth.date)
    for one in (0, 150, 300):
        window = slice(of_raw[one] - 2, of_raw[one] + 3)
        assert smooth.percent[one] == pytest.approx(raw.percent[window].mean())
        assert smooth.temperature_c[one] == pytest.approx(raw.temperature_c[window].mean())
        np.testing.assert_allclose(smooth.covariates[one], raw.covariates[window].mean(0), atol=1e-12)


def test_seven_days_have_no_weekday():
    assert normalised(made_days(), smoothing_days=7).covariates.shape[1] == 5
    assert normalised(made_days()).covariates.shape[1] == 11


def test_shocks_and_missing_numbers_are_left_out():
    days = made_days().assign(is_shock=False)
    days.loc[300:320, "is_shock"] = True
    days.loc[5, "temperature_c"] = np.nan

    series = normalised(days.drop(index=[700, 701]))

    left = days["date"].drop(index=[5, 700, 701, *range(300, 321)])
    np.testing.assert_array_equal(series.date, left)
    assert series.report == ("21 days of shocks are left out.",)


@pytest.mark.parametrize(
    ("days", "smoothing_days", "message"),
    [
        (59, 1, "59 usable days are too few for a threshold; 60 are needed."),
        (61, 5, "57 usable days"),
        (100, 2, "smoothing_days is 2: give an odd number"),
        (100, 0, "smoothing_days is 0: give an odd number"),
    ],
)
def test_too_few_days_and_windows_without_a_middle_are_refused(days, smoothing_days, message):
    with pytest.raises(ValueError, match=message):
        normalised(made_days(days=days), smoothing_days=smoothing_days)


def test_a_constant_temperature_and_a_mean_below_zero_are_refused():
    days = made_days(days=400)

    with pytest.raises(ValueError, match="temperature_c is 20 on every day"):
        normalised(days.assign(temperature_c=20.0))
    with pytest.raises(ValueError, match="the mean of 2019 is -"):
        normalised(days.assign(value=days["value"] - 200))
