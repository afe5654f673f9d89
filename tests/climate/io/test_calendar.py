import pandas as pd
import pytest

from nbutils.climate.errors import ClimateDataError
from nbutils.climate.io.calendar import public_holidays, spring_festival, with_holidays, with_shocks


def made(country, first="2019-12-20", last="2020-03-10"):
    dates = pd.date_range(first, last, unit="ns")
    return pd.DataFrame({"date": dates, "country": pd.Categorical([country] * len(dates))})


def marked(days, column):
    return days.loc[days[column], "date"].dt.strftime("%Y-%m-%d").tolist()


def test_public_holidays_by_country():
    assert marked(with_holidays(made("US")), "is_holiday") == ["2019-12-25", "2020-01-01", "2020-01-20", "2020-02-17"]
    assert marked(with_holidays(made("France")), "is_holiday") == ["2019-12-25", "2020-01-01"]


def test_several_countries_keep_their_own_holidays_whatever_the_index():
    both = pd.concat([made("US"), made("France")]).astype({"country": "category"})
    both = both.set_axis(range(7, 7 + len(both)))

    found = with_holidays(both)

    assert found.loc[found["is_holiday"], "country"].value_counts().to_dict() == {"US": 4, "France": 2}


def test_what_is_not_known_of_holidays_is_reported():
    assert "no single country" in with_holidays(made("ROW")).attrs["report"][0]
    assert "for every year" in public_holidays("India", range(1999, 2003))[1]
    assert public_holidays("US", range(1999, 2003))[1] == ""


def test_an_unknown_country_is_an_error_unless_listed():
    with pytest.raises(ClimateDataError, match="Freedonia"):
        with_holidays(made("Freedonia"))
    assert not with_holidays(made("Freedonia"), without_holidays=["Freedonia"])["is_holiday"].any()


def test_the_spring_festival_moves_with_the_moon():
    assert spring_festival([1970, 2020, 2021]).strftime("%m-%d").tolist() == ["02-06", "01-25", "02-12"]


def test_shocks_are_periods_and_the_spring_festival_where_it_is_kept():
    us = with_shocks(made("US"), periods=[("2020-03-01", "2020-03-03")])
    assert marked(us, "is_shock") == ["2020-03-01", "2020-03-02", "2020-03-03"]

    china = marked(with_shocks(made("China"), periods=[]), "is_shock")
    assert (china[0], china[-1], len(china)) == ("2020-01-18", "2020-02-08", 22)


def test_shocks_that_are_marked_stay_and_covid_is_marked_by_default():
    days = made("US").assign(is_shock=lambda table: table["date"] == "2019-12-31")

    assert marked(with_shocks(days, periods=[]), "is_shock") == ["2019-12-31"]
    assert "2020-03-10" in marked(with_shocks(days), "is_shock")


def test_a_period_that_ends_before_it_begins_is_refused():
    with pytest.raises(ClimateDataError, match="2020-03-01 to 2020-02-01"):
        with_shocks(made("US"), periods=[("2020-03-01", "2020-02-01")])
