import pydantic
import pytest

from nbutils.climate.parameters import CO2Thresholds, names_in, years_in

DEFAULTS = {
    "series": "",
    "temperature": "",
    "population": "",
    "regions": "",
    "countries": "",
    "sectors": "",
    "date_order": "",
    "temperature_unit": "",
    "years": 10,
    "base_period": "",
    "smoothing_days": 1,
    "block_days": 0,
    "resamples": 200,
    "seed": 0,
    "output_dir": "",
}


def test_none_stands_for_the_embedded_default():
    nothing = dict.fromkeys(["series", "temperature", "population", "regions"])

    assert CO2Thresholds(**DEFAULTS | nothing) == CO2Thresholds(**DEFAULTS)


def test_an_existing_file_is_taken(tmp_path):
    (tmp_path / "days.csv").touch()

    assert CO2Thresholds(**DEFAULTS | {"series": str(tmp_path / "days.csv"), "temperature": str(tmp_path)})


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"series": "/nowhere/days.csv"}, "no such file"),
        ({"temperature": "."}, "give series"),
        ({"series": ".", "population": "."}, "give temperature"),
        ({"date_order": "ymd"}, "dmy"),
        ({"temperature_unit": "celsius"}, "'C', 'F' or 'K'"),
        ({"base_period": "1991"}, "two years"),
        ({"base_period": "2020-1991"}, "two years"),
        ({"smoothing_days": 6}, "odd"),
        ({"smoothing_days": 0}, "greater than or equal to 1"),
        ({"resamples": 20}, "greater than or equal to 40"),
        ({"years": 0}, "greater than or equal to 1"),
        ({"block_days": -1}, "greater than or equal to 0"),
    ],
)
def test_wrong_values_are_refused(wrong, why):
    with pytest.raises(pydantic.ValidationError, match=why):
        CO2Thresholds(**DEFAULTS | wrong)


def test_names_and_periods():
    assert names_in(" US, China,") == ["US", "China"]
    assert names_in("") == []
    assert years_in("1991-2020") == (1991, 2020)
    assert years_in("") is None
