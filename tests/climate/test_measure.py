import numpy as np
import pandas as pd

from nbutils import climate


def test_the_main_sector_is_not_made_from_temperature():
    table = pd.DataFrame({"country": ["A", "A", "B"], "sector": ["residential", "transport", "residential"]})

    assert climate.main_series(table)[["country", "sector"]].to_numpy().tolist() == [
        ["A", "transport"],
        ["B", "residential"],
    ]


def test_last_years_are_counted_from_the_end_of_each_series():
    dates = {"A": pd.date_range("2010-01-01", "2015-06-30"), "B": pd.date_range("2010-01-01", "2012-12-31")}
    days = pd.concat([pd.DataFrame({"date": dates[name], "country": name, "sector": "total"}) for name in dates])

    first = climate.last_years(days, 2).groupby("country")["date"].min()

    assert first.astype(str).to_dict() == {"A": "2014-01-01", "B": "2011-01-01"}


def test_the_back_cast_learns_from_late_years_and_its_months_are_exact(tables):
    cast = tables["back_cast"].cast

    assert sorted(cast["date"].dt.year.unique()) == list(range(2005, 2011))
    month = [cast["country"], cast["date"].dt.to_period("M")]
    np.testing.assert_allclose(cast.groupby(month)["value"].sum(), cast.groupby(month)["known"].sum(), rtol=1e-12)
    skill = tables["back_cast"].skill
    assert (skill.loc[skill["model"] == "back-cast", "r2"] > 0.4).all()


def test_short_series_are_passed_over():
    days, _ = climate.simulated_countries(("US",), first_year=2019, last_year=2019, sectors=("total",))
    half = days[days["date"] < "2019-07-01"]

    assert climate.out_of_year_scores(days).empty
    assert climate.back_cast_by_month(days).cast.empty
    assert climate.extremes(days).trends.empty
    assert climate.calendars(half).empty
    assert climate.ranges(half).empty
    assert climate.over_years(pd.DataFrame()).empty
