import numpy as np
import pytest

from nbutils.climate.errors import ClimateDataError
from nbutils.climate.io.totals import with_total
from nbutils.climate.simulated import simulated_countries


@pytest.fixture(scope="module")
def days():
    return simulated_countries(["US", "Chile"], first_year=2019, last_year=2019, sectors=["power", "residential"])[0]


def of(days, country, sector):
    return days[(days["country"] == country) & (days["sector"] == sector)].set_index("date")


def test_the_total_is_the_sum_of_the_sectors(days):
    everything = with_total(days)

    for country in ("US", "Chile"):
        total = of(everything, country, "total")
        parts = of(days, country, "power")["value"] + of(days, country, "residential")["value"]
        np.testing.assert_allclose(total["value"], parts, rtol=1e-12)
        np.testing.assert_array_equal(total["temperature_c"], of(days, country, "power")["temperature_c"])
        np.testing.assert_array_equal(total["is_holiday"], of(days, country, "power")["is_holiday"])
    assert list(everything.columns) == list(days.columns)
    assert everything["is_holiday"].dtype == bool
    assert "sum of the sectors power, residential" in everything.attrs["report"][-1]


def test_a_day_that_lacks_a_sector_has_no_total(days):
    total = of(with_total(days.drop(index=days.index[10])), "Chile", "total")

    assert len(total) == 364
    assert days["date"].iloc[10] not in total.index


def test_a_total_that_is_there_is_not_doubled(days):
    with pytest.raises(ClimateDataError, match="Chile has a total already"):
        with_total(with_total(days))
