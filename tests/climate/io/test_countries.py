import pytest

from nbutils.climate.errors import ClimateDataError
from nbutils.climate.io.countries import country_code, country_key


@pytest.mark.parametrize(
    ("name", "code"),
    [
        *(("US", "US"), ("USA", "US"), ("United States", "US"), ("UK", "GB"), ("Russia", "RU"), ("South Korea", "KR")),
        *((" china ", "CN"), ("Viet Nam", "VN"), ("Vietnam", "VN"), ("Czech Republic", "CZ"), ("Turkey", "TR")),
        *(("EU27 & UK", ""), ("ROW", ""), ("WORLD", "")),
    ],
)
def test_names_in_use_are_known(name, code):
    assert country_code(name) == code


@pytest.mark.parametrize(
    ("name", "meant"), [("Chian", "China"), ("Germny", "Germany"), ("Untied States", "United States")]
)
def test_an_unknown_name_gets_the_nearest_ones(name, meant):
    with pytest.raises(ClimateDataError, match=rf"'{name}'.*{meant}.*without_holidays"):
        country_code(name)


def test_names_of_one_country_share_a_key_and_other_regions_have_their_own():
    assert country_key("United States") == country_key("US") == "US"
    assert country_key("EU27 & UK") != country_key("ROW")
    assert country_key("Texas North") == "texas north"
