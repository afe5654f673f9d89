import numpy as np
import pandas as pd

from nbutils.climate.breakpoints.design import design


def test_columns_say_weekday_holiday_trend_and_year():
    dates = pd.date_range("2019-12-30", "2021-01-02")
    holiday = dates == "2020-01-01"

    columns = design(dates, holiday)

    weekdays = ["Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    assert list(columns) == [*weekdays, "holiday", "trend", "2020", "2021"]
    assert columns.loc["2019-12-30", [*weekdays, "holiday", "2020", "2021"]].eq(0).all()
    assert columns.loc["2020-01-01", ["Wednesday", "holiday", "2020"]].eq(1).all()
    assert columns.loc["2021-01-02", ["Saturday", "2021"]].eq(1).all()
    assert columns[weekdays].sum(axis=1).eq(dates.day_of_week != 0).all()
    np.testing.assert_allclose(columns["trend"].diff()[1:], 1 / 365.2425)
    assert abs(columns["trend"].mean()) < 1 / 365


def test_columns_that_do_not_vary_are_left_out():
    dates = pd.date_range("2020-03-02", periods=100)

    columns = design(dates, np.zeros(100, dtype=bool))

    assert list(columns) == ["Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "trend"]


def test_columns_are_independent_of_each_other_and_of_a_constant():
    dates = pd.date_range("2018-05-01", "2021-02-01")

    columns = design(dates, np.asarray(dates.day == 1))

    with_constant = np.column_stack([np.ones(len(dates)), columns])
    assert np.linalg.matrix_rank(with_constant) == with_constant.shape[1]
