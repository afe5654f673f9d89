import numpy as np
import pandas as pd
import pytest

from nbutils.climate.emissions import (
    calendar_day_thresholds,
    extreme_trends,
    extremes_by_year,
    whole_year_thresholds,
)
from nbutils.climate.errors import ClimateDataError
from tests.climate.emissions.made import made_days

BASE = (1991, 2005)


@pytest.fixture(scope="module")
def days():
    return made_days(start="1991-01-01", end="2012-12-31", warming=0.5)


def whole(days):
    return whole_year_thresholds(days, base=BASE)


def plain_year(part, hottest, coldest, mild, chill):
    """Hot days above `hottest` of one year, day by day; ordinary ones lie between `chill` and `mild`."""
    ordinary = [(row.value, off(row)) for row in part.itertuples() if chill <= row.temperature_c <= mild]
    everyday = np.mean([value for value, _ in ordinary])
    kinds = {kind: np.mean([v for v, k in ordinary if k == kind]) / everyday for kind in (False, True)}
    level = np.mean([value / kinds[kind] for value, kind in ordinary])
    found = {}
    for name, on in (
        ("hot", [r for r in part.itertuples() if r.temperature_c > hottest]),
        ("cold", [r for r in part.itertuples() if r.temperature_c < coldest]),
    ):
        normal = [level * kinds[off(row)] for row in on]
        found[name] = (
            len(on),
            100 * sum(row.value for row in on) / part["value"].sum(),
            100 * sum(row.value - usual for row, usual in zip(on, normal, strict=True)) / part["value"].sum(),
            100 * np.mean([row.value / usual - 1 for row, usual in zip(on, normal, strict=True)]),
        )
    return found


def off(row):
    return bool(row.date.weekday() >= 5 or row.is_holiday)


@pytest.mark.parametrize("year", [1996, 2003])
def test_a_year_written_out(days, year):
    thresholds = whole(days)
    limit = thresholds.set_index("percentile")["threshold_c"]

    table = extremes_by_year(days, thresholds).set_index(["percentile", "year"])

    expected = plain_year(days[days["date"].dt.year == year], limit[95], limit[5], limit[90], limit[10])
    for percentile, kind in ((95, "hot"), (5, "cold")):
        row = table.loc[(percentile, year)]
        assert row["kind"] == kind
        assert row[["extreme_days", "share", "excess", "excess_per_day"]].tolist() == pytest.approx(expected[kind])


def test_the_base_period_has_its_share_of_extreme_days(days):
    table = extremes_by_year(days[days["date"].dt.year <= 2005], whole(days))

    share = table.groupby("percentile")["extreme_days"].sum() / table.groupby("percentile")["n"].sum()
    assert share.to_dict() == pytest.approx({5.0: 0.05, 10.0: 0.10, 90.0: 0.10, 95.0: 0.05}, abs=1e-3)


def test_days_of_the_season_are_compared_with_their_month(days):
    """Without a response to temperature within the month there is no excess, whatever the season does."""
    season = 10 + 3 * np.cos(2 * np.pi * days["date"].dt.month / 12)
    flat = days.assign(value=season)

    by_calendar = extremes_by_year(flat, calendar_day_thresholds(flat, base=BASE))
    by_year = extremes_by_year(flat, whole(flat))

    assert by_calendar["excess"].abs().max() < 1e-9
    assert by_year.query("kind == 'hot'")["excess"].mean() < -1


def test_shocks_are_in_no_normal_and_no_excess(days):
    """Days of a dip that are marked change nothing but the shares, to which the year's total belongs."""
    dip = days["date"].between("2003-03-10", "2003-05-20")
    marked = days.assign(is_shock=dip)
    dipped = marked.assign(value=marked["value"].where(~dip, marked["value"] * 0.5))

    table, plain = (extremes_by_year(frame, whole(days)) for frame in (dipped, marked))

    np.testing.assert_allclose(table["excess_per_day"], plain["excess_per_day"])
    unmarked = extremes_by_year(dipped.drop(columns="is_shock"), whole(days))
    assert not np.allclose(unmarked["excess_per_day"], plain["excess_per_day"])


def test_names_and_units_do_not_matter(days):
    other = days.assign(country="B", value=days["value"] * 1024)
    both = pd.concat([days, other], ignore_index=True)
    for thresholds in (whole_year_thresholds, calendar_day_thresholds):
        table = extremes_by_year(both, thresholds(both, base=BASE))

        first, second = (table[table["country"] == name].reset_index(drop=True) for name in "AB")
        pd.testing.assert_frame_equal(first.drop(columns="country"), second.drop(columns="country"))


def test_incomplete_years_and_unknown_countries_are_told(days):
    table = extremes_by_year(days[days["date"] >= "1991-02-01"], whole(days))

    assert table["year"].min() == 1992
    assert table.attrs["report"] == ["A, total: years with fewer than 360 days are left out: 1991."]
    with pytest.raises(ClimateDataError, match="B, total: no thresholds of this country"):
        extremes_by_year(days.assign(country="B"), whole(days))
    with pytest.raises(ClimateDataError, match="A, total: the emissions of 1991 are not positive"):
        extremes_by_year(days.assign(value=-1.0), whole(days))


def test_warming_brings_hot_days_and_takes_cold_ones(days):
    trends = extreme_trends(extremes_by_year(days, whole(days))).set_index(["percentile", "quantity"])

    hot, cold = trends.loc[(90.0, "extreme_days")], trends.loc[(10.0, "extreme_days")]
    assert 0 < hot["low"] < hot["trend"] < hot["high"]
    assert cold["high"] < 0
    assert trends.loc[(90.0, "excess"), "low"] > 0
    assert hot["years"] == 22
    assert trends.loc[(90.0, "excess_per_day"), "mean"] > 10


def test_each_trend_is_that_of_its_yearly_values(days):
    by_year = extremes_by_year(days, whole(days))

    trends = extreme_trends(by_year)

    for _, row in trends.iterrows():
        part = by_year[by_year["percentile"] == row["percentile"]]
        slope = np.polyfit(part["year"], part[row["quantity"]], 1)[0]
        assert row["trend"] == pytest.approx(10 * slope, abs=1e-9)
        assert row["mean"] == pytest.approx(part[row["quantity"]].mean())


def test_a_month_without_an_ordinary_day_has_no_excess(days):
    july = days["date"].between("2009-07-01", "2009-07-31")
    hot = days.assign(temperature_c=days["temperature_c"].mask(july, 60.0))

    table = extremes_by_year(hot, calendar_day_thresholds(days, base=BASE)).set_index(["kind", "year"])

    assert table.loc[("hot", 2009), "excess"].isna().all()
    assert table.loc[("hot", 2009), "share"].notna().all()
    assert table.drop(index=("hot", 2009))["excess"].notna().all()
