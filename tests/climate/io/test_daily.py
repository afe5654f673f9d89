import numpy as np
import pandas as pd
import pytest

from nbutils.climate.errors import ClimateDataError
from nbutils.climate.io.daily import daily_means


def rows(moments, values, country="x"):
    moments = pd.Series(pd.to_datetime(moments))
    table = pd.DataFrame({"country": country, "moment": moments, "date": moments.dt.normalize(), "value": values})
    return table.set_axis(range(1, len(table) + 1))


def test_rows_that_are_the_same_are_merged_and_counted():
    table = rows(["2019-01-02", "2019-01-01", "2019-01-02"], [2.0, 1.0, 2.0])

    days, doubled, sentences = daily_means(table, ["country"])

    assert days["value"].tolist() == [1.0, 2.0]
    assert doubled.to_dict() == {"x": 1}
    assert sentences == ["1 doubled rows were dropped."]


def test_rows_that_contradict_one_another_are_named():
    table = rows(["2019-01-01", "2019-01-02", "2019-01-03", "2019-01-02"], [1.0, 2.0, 3.0, 5.0])

    with pytest.raises(ClimateDataError, match="rows 2 and 4 give different values for x on 2019-01-02"):
        daily_means(table, ["country"])


def test_hours_become_means_and_days_that_lack_a_quarter_of_them_fall_out():
    moments = pd.date_range("2019-01-01 18:00", "2019-01-04 16:00", freq="h")
    values = np.random.default_rng(0).normal(size=len(moments))

    days, _, sentences = daily_means(rows(moments, values), ["country"])

    assert days["date"].tolist() == [*pd.date_range("2019-01-02", "2019-01-03")]
    np.testing.assert_allclose(days["value"], [values[6:30].mean(), values[30:54].mean()], rtol=1e-12)
    assert sentences == [
        "Values are means of up to 24 rows a day.",
        "2 days with less than 75 % of their rows were dropped.",
    ]


def test_a_day_of_twenty_three_hours_is_whole():
    moments = pd.date_range("2019-03-30", "2019-04-01 23:00", freq="h").drop([pd.Timestamp("2019-03-31 02:00")])

    assert len(daily_means(rows(moments, 1.0), ["country"])[0]) == 3
