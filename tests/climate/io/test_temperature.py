import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbutils.climate.errors import ClimateDataError
from nbutils.climate.io.temperature import in_celsius, to_celsius


def year(mean, amplitude):
    dates = pd.date_range("2019-01-01", periods=365)
    return pd.Series(mean - amplitude * np.cos(2 * np.pi * np.arange(365) / 365), index=dates)


@given(st.floats(-20, 28), st.floats(3, 15))
def test_kelvin_is_told_by_its_values_and_celsius_left_alone(mean, amplitude):
    celsius = year(mean, amplitude)

    converted, unit = to_celsius(celsius + 273.15, "x")
    kept, same = to_celsius(celsius, "x")

    assert (unit, same) == ("K", "C")
    np.testing.assert_allclose(converted, celsius, atol=1e-9)
    np.testing.assert_array_equal(kept, celsius)


@pytest.mark.parametrize(("mean", "amplitude"), [(5, 8), (13, 11), (25, 6), (10, 3)])
def test_fahrenheit_is_suspected_and_converted_only_when_asked(mean, amplitude):
    fahrenheit = year(mean, amplitude) * 1.8 + 32

    with pytest.raises(ClimateDataError, match=r"of Utopia reach .* look like Fahrenheit: give temperature_unit='F'"):
        to_celsius(fahrenheit, "Utopia")
    converted, unit = to_celsius(fahrenheit, "Utopia", "F")

    assert unit == "F"
    np.testing.assert_allclose(converted, year(mean, amplitude), atol=1e-9)


def test_a_hot_country_that_is_said_to_be_in_celsius_is_believed():
    hot = year(36, 12)

    with pytest.raises(ClimateDataError, match="'C' if they are right"):
        to_celsius(hot, "x")
    assert to_celsius(hot, "x", "C")[0].max() == pytest.approx(48, abs=0.01)


@pytest.mark.parametrize("wrong", [-9999.0, 1e20, 280.0, np.inf])
def test_a_value_that_is_no_temperature_names_its_day(wrong):
    values = year(10, 10)
    values.iloc[3] = wrong

    with pytest.raises(ClimateDataError, match="of x on 2019-01-04"):
        to_celsius(values, "x")


def test_an_unknown_unit_is_named():
    with pytest.raises(ClimateDataError, match="'R'"):
        to_celsius(year(10, 10), "x", "R")


def test_each_country_has_its_own_unit_and_conversions_are_reported_together():
    parts = {"a": year(10, 5) + 273.15, "b": year(20, 5), "c": year(0, 5) + 273.15}
    days = pd.concat([pd.DataFrame({"country": name, "temperature_c": part}) for name, part in parts.items()])
    days = days.rename_axis("date").reset_index().sort_values("date", ignore_index=True)
    report = []

    celsius = in_celsius(days, None, report)

    assert report == ["Temperatures of a, c were converted from kelvin to degrees Celsius."]
    assert celsius.groupby(days["country"]).mean().round(6).tolist() == [10, 20, 0]


def test_a_constant_temperature_is_refused():
    days = pd.DataFrame({"country": "x", "date": pd.date_range("2019-01-01", periods=70), "temperature_c": 12.5})

    with pytest.raises(ClimateDataError, match=r"of x is 12\.5 on all days"):
        in_celsius(days, None, [])
