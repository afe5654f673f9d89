import datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbutils.climate.errors import ClimateDataError
from nbutils.climate.io.dates import parse_dates


def parse(values, order=None, time_zone=None, series="a"):
    written = pd.Series(values, index=range(1, len(values) + 1))
    parsed, sentences = parse_dates(written, pd.Series(series, index=written.index), order=order, time_zone=time_zone)
    return parsed["date"].dt.strftime("%Y-%m-%d").tolist(), sentences


@pytest.mark.parametrize(
    "values",
    [
        ["2019-12-31", "2020-01-01"],
        ["2019/12/31", "2020/1/1"],
        ["31/12/2019", "01/01/2020"],
        ["12/31/2019", "1/1/2020"],
        ["31.12.2019", "1.1.2020"],
        ["20191231", "20200101"],
        [20191231, 20200101],
        ["2019-12-31 12:00", "2020-01-01T12:00:00.000"],
        [datetime.date(2019, 12, 31), datetime.date(2020, 1, 1)],
        list(pd.date_range("2019-12-31", periods=2)),
        list(pd.date_range("2019-12-31 12:00", periods=2, tz="Asia/Tokyo")),
    ],
)
def test_dates_are_read_however_they_are_written(values):
    assert parse(values)[0] == ["2019-12-31", "2020-01-01"]


@given(
    st.lists(st.dates(datetime.date(1970, 1, 1), datetime.date(2030, 12, 31)), min_size=1, max_size=20),
    st.sampled_from(["dmy", "mdy"]),
)
def test_a_given_order_reads_back_what_was_written(dates, order):
    written = [day.strftime("%d/%m/%Y" if order == "dmy" else "%m/%d/%Y") for day in dates]

    assert parse(written, order)[0] == [day.isoformat() for day in dates]


@given(st.dates(datetime.date(1970, 1, 1), datetime.date(2030, 12, 31)), st.sampled_from(["dmy", "mdy"]))
def test_the_order_of_any_month_of_days_is_told(first, order):
    dates = pd.date_range(first, periods=31)

    read, sentences = parse(list(dates.strftime("%d/%m/%Y" if order == "dmy" else "%m/%d/%Y")))

    assert read == dates.strftime("%Y-%m-%d").tolist()
    assert sentences == [f"Dates are read as {'day/month' if order == 'dmy' else 'month/day'}/year."]


def test_consecutive_days_tell_the_order_without_a_number_above_twelve():
    assert parse(["01/02/2019", "02/02/2019", "03/02/2019"])[0] == ["2019-02-01", "2019-02-02", "2019-02-03"]
    assert parse(["01/02/2019", "01/03/2019", "01/04/2019"])[0] == ["2019-01-02", "2019-01-03", "2019-01-04"]


def test_the_evidence_of_consecutive_days_is_taken_within_a_series():
    written = ["01/02/2019", "01/02/2019", "02/02/2019", "02/02/2019"]
    assert parse(written, series=["a", "b", "a", "b"])[0][2] == "2019-02-02"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["01/02/2019", "05/03/2019"], "row 1 .*date_order='dmy' or date_order='mdy'"),
        (["13/01/2019", "01/14/2019"], "row 1 .* has the day first and row 2 .* the month"),
        (["2019-02-28", "2019-02-29"], "row 2 .'2019-02-29'. is no day"),
        (["2019-01-01", "soon"], "row 2 .'soon'. is no date"),
        (["2019-01-01", None], "row 2 has no date"),
        (["2019-01-01", "02/01/2019"], "row 1 .* and row 2 .* two ways"),
        (["1/2/19"], "row 1 .* is no date"),
        (["2019-01-01 25:00"], "row 1 .* no time of the day"),
        (["2019-01-01T00:00Z", "2019-01-02T00:00"], "row 2 .* has no zone"),
    ],
)
def test_what_is_no_date_names_its_row(values, message):
    with pytest.raises(ClimateDataError, match=message):
        parse(values)


def test_an_order_against_the_evidence_is_refused():
    with pytest.raises(ClimateDataError, match=r"row 1 \('31/12/2019'\) is no day of the calendar.*date_order"):
        parse(["31/12/2019"], "mdy")
    with pytest.raises(ClimateDataError, match="date_order is 'ymd'"):
        parse(["2019-12-31"], "ymd")


@pytest.mark.parametrize(
    "values",
    [
        ["2019-01-01T14:30:00Z", "2019-01-01T15:30:00Z"],
        ["2019-01-01 14:30+00:00", "2019-01-01 15:30+0000"],
        ["2019-01-01 09:30-05:00", "2019-01-01 16:30+01:00"],
        list(pd.to_datetime(["2019-01-01 14:30", "2019-01-01 15:30"]).tz_localize("UTC")),
    ],
)
def test_times_fall_on_the_day_of_the_given_zone(values):
    read, sentences = parse(values, time_zone="Asia/Tokyo")

    assert read == ["2019-01-01", "2019-01-02"]
    assert sentences == ["Times carry a zone; a row belongs to its day in Asia/Tokyo."]


def test_without_a_given_zone_the_written_day_counts_but_the_moment_is_utc():
    written = pd.Series(["2019-01-01 23:00-05:00"], index=[1])
    parsed, sentences = parse_dates(written, pd.Series("a", index=[1]), order=None, time_zone=None)

    assert parsed["date"].iloc[0] == pd.Timestamp("2019-01-01")
    assert parsed["moment"].iloc[0] == pd.Timestamp("2019-01-02 04:00")
    assert "as written" in sentences[0]


def test_whole_days_with_a_zone_do_not_move():
    days = list(pd.date_range("2019-01-01", periods=3, tz="UTC"))

    assert parse(days, time_zone="America/New_York")[0] == ["2019-01-01", "2019-01-02", "2019-01-03"]


def test_the_hour_that_clocks_repeat_is_two_moments():
    written = pd.Series(["2019-10-27 02:30+02:00", "2019-10-27 02:30+01:00"], index=[1, 2])
    parsed, _ = parse_dates(written, pd.Series("a", index=[1, 2]), order=None, time_zone="Europe/Paris")

    assert np.diff(parsed["moment"])[0] == np.timedelta64(1, "h")
    assert parsed["date"].nunique() == 1


def test_an_unknown_zone_is_named():
    with pytest.raises(ClimateDataError, match="'Mars'"):
        parse(["2019-01-01T14:30:00Z"], time_zone="Mars")
