import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nbutils.climate.emissions import HingeRegression, back_cast_days, back_cast_skill, gradient_boosting
from nbutils.climate.emissions.back_cast import split_exactly
from nbutils.climate.emissions.back_cast_inputs import complete_weather
from nbutils.climate.emissions.daily_ratio import features, training_days
from nbutils.climate.errors import ClimateDataError
from tests.climate.emissions.made import made_days, monthly_totals


@pytest.fixture(scope="module")
def known():
    return made_days(start="2003-01-01", end="2012-12-31", warming=0.3)


def parts(known):
    """The years to learn from, and the totals of the years before."""
    recent = known["date"] >= "2009-01-01"
    return known[recent], monthly_totals(known[~recent])


@given(
    arrays(float, st.integers(1, 31), elements=st.floats(0, 10)).filter(lambda ratio: ratio.sum() > 1e-3),
    st.floats(1e-12, 1e12),
)
def test_parts_sum_to_the_total_exactly(ratio, total):
    split = split_exactly(ratio, total)

    assert math.fsum(split) == total
    np.testing.assert_allclose(split, ratio / ratio.sum() * total, rtol=1e-12, atol=1e-14 * total)
    assert (split >= 0).all()


@pytest.mark.parametrize("regressor", [HingeRegression(), gradient_boosting()])
def test_days_sum_to_their_month_exactly(known, regressor):
    recent, totals = parts(known)
    totals["total"] *= np.random.default_rng(0).uniform(0.1, 10, len(totals))

    cast = back_cast_days(recent, totals, known, regressor=regressor, resamples=20)

    sums = cast.groupby(cast["date"].dt.to_period("M"))["value"].agg(math.fsum)
    assert sums.tolist() == totals["total"].tolist()
    assert len(cast) == len(pd.date_range("2003-01-01", "2008-12-31"))
    assert cast["date"].isin([pd.Timestamp("2004-02-29"), pd.Timestamp("2008-02-29")]).sum() == 2


def test_days_are_totals_times_predicted_ratios(known):
    recent, totals = parts(known)

    cast = back_cast_days(recent, totals, known, regressor=HingeRegression(), resamples=20).set_index("date")

    raw = HingeRegression().fit(*training_days(recent)).predict(features(known[known["date"] < "2009-01-01"]))
    raw = pd.Series(raw, index=cast.index)
    june = raw["2005-06"] / raw["2005-06"].sum()
    total = totals.loc[totals["month"] == "2005-06-01", "total"].item()
    np.testing.assert_allclose(cast.loc["2005-06", "value"], june * total, rtol=1e-9)
    assert cast.loc["2005-06", "monthly_mean"].to_numpy() == pytest.approx(total / 30)


def test_the_back_cast_finds_the_days_that_were_planted(known):
    recent, totals = parts(known)

    cast = back_cast_days(recent, totals, known, regressor=HingeRegression())

    skill = back_cast_skill(cast, known).groupby("model")[["r2", "covered"]].mean()
    assert skill.loc["back-cast", "r2"] > 0.9
    assert skill.loc["even days", "r2"] == 0
    assert 0.91 < skill.loc["back-cast", "covered"] < 0.97


def test_scaling_the_emissions_scales_the_days(known):
    recent, totals = parts(known)
    first = back_cast_days(recent, totals, known, regressor=HingeRegression(), resamples=20)

    # Powers of two, so that rounding is the same.
    recent, totals = recent.assign(value=recent["value"] * 4), totals.assign(total=totals["total"] * 1024)
    second = back_cast_days(recent, totals, known, regressor=HingeRegression(), resamples=20)

    for column in ("value", "low", "high", "monthly_mean"):
        assert (second[column] == 1024 * first[column]).all()
    assert (second["ratio"] == first["ratio"]).all()


def test_a_series_does_not_depend_on_names_or_on_the_others(known):
    other = made_days("B", sector="power", start="2003-01-01", end="2012-12-31", seed=5)
    alone = back_cast_days(*parts(known), known, regressor=HingeRegression(), resamples=20)

    renamed = pd.concat([other, known.assign(country="Z")], ignore_index=True)
    both = back_cast_days(*parts(renamed), renamed, regressor=HingeRegression(), resamples=20)

    assert both["country"].cat.categories.tolist() == ["B", "Z"]
    again = both[both["country"] == "Z"].reset_index(drop=True)
    pd.testing.assert_frame_equal(again.drop(columns="country"), alone.drop(columns="country"), check_categorical=False)


def test_gaps_in_the_weather_are_filled_or_left_out_and_told(known):
    recent, totals = parts(known)
    short = known["date"].between("2004-05-10", "2004-05-12")
    absent = known["date"].between("2006-01-30", "2006-02-03")
    weather = known.assign(temperature_c=known["temperature_c"].mask(short))[~absent]

    cast = back_cast_days(recent, totals, weather, regressor=HingeRegression(), resamples=20)

    assert cast.attrs["report"] == [
        "A, total: 3 days without temperature were filled by straight lines.",
        "A, total: 2 months were left out for days without temperature: 2006-01, 2006-02.",
    ]
    months = set(cast["date"].dt.to_period("M").astype(str))
    assert len(months) == 70
    assert not months & {"2006-01", "2006-02"}


def test_filled_temperatures_lie_on_a_line():
    sky = made_days(end="2019-03-31")[["date", "temperature_c", "is_holiday"]]
    on = sky.set_index("date")["temperature_c"]
    gap = pd.date_range("2019-02-09", "2019-02-11")

    weather, _ = complete_weather(sky[~sky["date"].isin(gap)], pd.period_range("2019-02", "2019-02", freq="M"))

    filled = weather.set_index("date")["temperature_c"]
    assert len(filled) == 28
    line = np.linspace(on["2019-02-08"], on["2019-02-12"], 5)[1:-1]
    np.testing.assert_allclose(filled[gap], line)
    assert (filled.drop(gap) == on["2019-02"].drop(gap)).all()


def test_predictions_below_zero_are_told(known):
    class Falling(HingeRegression):
        def predict(self, known):
            return np.where(known.index.day == 1, -1.0, 1.0)

    cast = back_cast_days(*parts(known), known, regressor=Falling(), resamples=20)

    assert cast.attrs["report"] == ["A, total: 72 predicted ratios below 0 were set to 0."]
    assert (cast.loc[cast["date"].dt.day == 1, "value"] == 0).all()


def test_a_month_without_emissions_has_none(known):
    recent, totals = parts(known)
    totals.loc[totals["month"] == "2005-04-01", "total"] = 0.0

    cast = back_cast_days(recent, totals, known, regressor=HingeRegression(), resamples=20)

    april = cast[cast["date"].dt.to_period("M") == "2005-04"]
    assert (april[["value", "low", "high"]] == 0).all(axis=None)
    assert np.isfinite(back_cast_skill(cast, known).query("model == 'back-cast'")["r2"]).all()


def test_wrong_totals_and_weather_are_named(known):
    recent, totals = parts(known)

    def refused(match, totals=totals, weather=known):
        with pytest.raises(ClimateDataError, match=match):
            back_cast_days(recent, totals, weather, regressor=HingeRegression())

    refused("lack the column 'total'", totals.rename(columns={"total": "value"}))
    refused("A, total, 2003-01 is given twice", pd.concat([totals, totals.head(1)]))
    refused("A, total, 2003-03 is -5", totals.assign(total=totals["total"].where(totals.index != 2, -5.0)))
    refused("A, total, 2003-03 is nan", totals.assign(total=totals["total"].where(totals.index != 2)))
    refused("no daily emissions of B, total to learn from", totals.assign(country="B"))
    refused("no weather of A", weather=known.assign(country="B"))
    refused("has 2003-01-01 twice", weather=pd.concat([known, known.assign(temperature_c=1.0)]))
    refused("no month of the totals has a temperature", weather=known[known["date"] >= "2010-01-01"])


def test_a_truth_without_common_days_is_refused(known):
    recent, totals = parts(known)
    cast = back_cast_days(recent, totals, known, regressor=HingeRegression(), resamples=20)

    with pytest.raises(ClimateDataError, match="share no country, sector and date"):
        back_cast_skill(cast, recent)
