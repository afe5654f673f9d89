import pandas as pd
import pytest

from nbutils.climate.errors import ClimateDataError
from nbutils.climate.io.columns import known_columns


def table(*names):
    return pd.DataFrame([["1"] * len(names)], columns=list(names))


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (("Date", "Country", "Sector", "Value", "timestamp"), ["date", "country", "sector", "value"]),
        (("date", "value", "temperature"), ["date", "value", "temperature_c"]),
        (("date", "peak_demand_mw", "temperature_c", "reference_temperature_c"), ["date", "temperature_c", "value"]),
        (("time", "MtCO2 per day", "t2m"), ["date", "temperature_c", "value"]),
        (("date", "temperature_c"), ["date", "temperature_c"]),
    ],
)
def test_usual_names_are_understood(names, found):
    assert known_columns(table(*names), None, "x")[0].columns.tolist() == found


def test_names_can_be_given():
    read, names = known_columns(table("when", "a", "b"), {"date": "when", "value": "b"}, "x")

    assert read.columns.tolist() == ["date", "value"]
    assert names == {"date": "when", "value": "b"}


def test_text_is_never_taken_for_the_value():
    odd = table("date", "note", "load").assign(note="windy")

    assert known_columns(odd, None, "x")[1]["value"] == "load"


@pytest.mark.parametrize(
    ("names", "columns", "message"),
    [
        (("value",), None, "no column date among value"),
        (("date", "a", "b"), None, "which of a, b it is"),
        (("date", "a"), {"value": "z"}, "x has no column 'z': choose from date, a"),
        (("date", "a"), {"speed": "a"}, "'speed' is no column of ours"),
    ],
)
def test_columns_that_are_not_there_are_named(names, columns, message):
    with pytest.raises(ClimateDataError, match=message):
        known_columns(table(*names), columns, "x")
