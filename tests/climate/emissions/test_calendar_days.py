import pandas as pd

from nbutils.climate.emissions.calendar_days import calendar_day


def test_a_date_has_one_number_in_all_years():
    dates = pd.date_range("1999-01-01", "2004-12-31")

    numbers = pd.Series(calendar_day(dates)).groupby(dates.strftime("%m-%d")).unique()

    assert (numbers.map(len) == 1).all()
    assert [number for (number,) in numbers] == list(range(1, 367))
