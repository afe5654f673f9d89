import numpy as np
import pandas as pd
import pytest

from nbutils.climate.emissions import calendar_day_thresholds, whole_year_thresholds
from nbutils.climate.errors import ClimateDataError
from tests.climate.emissions.made import made_days

BASE = (1991, 2002)


@pytest.fixture(scope="module")
def days():
    return made_days(start="1988-01-01", end="2004-12-31")


def base_of(days):
    return days[days["date"].between("1991-01-01", "2002-12-31")]


def test_percentiles_of_the_whole_base_period(days):
    table = whole_year_thresholds(days, base=BASE, percentiles=(90, 99)).set_index(["kind", "percentile"])[
        "threshold_c"
    ]

    temperature = base_of(days)["temperature_c"]
    for kind, percentile in (("hot", 90), ("hot", 99), ("cold", 10), ("cold", 1)):
        assert table[kind, percentile] == pytest.approx(np.percentile(temperature, percentile))
    assert len(table) == 4


@pytest.mark.parametrize("date", ["2000-01-01", "2000-02-29", "2000-07-04", "2000-12-30"])
def test_percentiles_of_a_calendar_day_written_out(days, date):
    table = calendar_day_thresholds(days, base=BASE, percentiles=(90,), window_days=5)

    around = [pd.Timestamp(date) + pd.Timedelta(days=offset) for offset in range(-2, 3)]
    names = {f"{day:%m-%d}" for day in around}
    base = base_of(days)
    sample = base.loc[base["date"].dt.strftime("%m-%d").isin(names), "temperature_c"]
    row = table[(table["kind"] == "hot") & (table["calendar_day"] == pd.Timestamp(date).day_of_year)]
    assert row["threshold_c"].item() == pytest.approx(np.percentile(sample, 90))


def test_countries_keep_their_own_thresholds_and_sectors_count_once(days):
    power = days.assign(sector="power")
    colder = days.assign(country="B", temperature_c=days["temperature_c"] - 10)
    for thresholds in (whole_year_thresholds, calendar_day_thresholds):
        alone = thresholds(days, base=BASE)

        table = thresholds(pd.concat([days, power, colder]), base=BASE)

        first, second = (table[table["country"] == name]["threshold_c"].to_numpy() for name in "AB")
        np.testing.assert_allclose(first, alone["threshold_c"])
        np.testing.assert_allclose(second, first - 10)


def test_a_base_period_without_data_is_named(days):
    with pytest.raises(ClimateDataError, match="A has 5 whole years of temperature in the base period 2000 to 2020"):
        whole_year_thresholds(days, base=(2000, 2020))
    with pytest.raises(ClimateDataError, match="percentile 10 of hot days"):
        whole_year_thresholds(days, base=BASE, percentiles=(10,))
    with pytest.raises(ClimateDataError, match="window_days is 4"):
        calendar_day_thresholds(days, base=BASE, window_days=4)
