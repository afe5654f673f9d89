import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbutils.climate.emissions import daily_ratios, features, regressors
from nbutils.climate.emissions.daily_ratio import monthly_normalised, predicted_ratios, training_days
from nbutils.climate.errors import ClimateDataError
from tests.climate.emissions.made import made_days


def month_of(series, date):
    return series[(series["date"].dt.year == date.year) & (series["date"].dt.month == date.month)]


@pytest.mark.parametrize("date", ["2019-01-01", "2020-02-29", "2020-03-01", "2021-12-25"])
def test_features_of_a_day_written_out(date):
    series, date = made_days(), pd.Timestamp(date)
    on = series.set_index("date")["temperature_c"]

    row = features(series).loc[date]

    mean = month_of(series, date)["temperature_c"].mean()
    before = [on[day] for day in (date - pd.Timedelta(days=1), date - pd.Timedelta(days=2)) if day in on]
    assert row["temperature_c"] == on[date]
    assert row["anomaly_c"] == pytest.approx(on[date] - mean)
    assert row["before_c"] == pytest.approx((np.mean(before) if before else on[date]) - mean)
    assert (row["weekday"], row["month"]) == (date.weekday(), date.month)
    assert row["day_of_year"] == (pd.Timestamp(2000, date.month, date.day).day_of_year)
    assert row["is_holiday"] == ((date.month, date.day) in {(1, 1), (12, 25)})


def test_ratios_are_to_the_mean_of_the_days_that_count():
    series = made_days(end="2019-12-31")
    series["is_shock"] = series["date"].between("2019-03-05", "2019-03-08")
    series.loc[series["date"] == "2019-03-20", "value"] = np.nan

    ratio = daily_ratios(series)

    march = month_of(series, pd.Timestamp("2019-03-01"))
    counted = march[~march["is_shock"]].dropna()
    for date, value in zip(counted["date"], counted["value"], strict=True):
        assert ratio[date] == pytest.approx(value / counted["value"].mean())
    assert ratio.isna().sum() == 5
    assert ratio.groupby(ratio.index.month).mean().tolist() == pytest.approx([1.0] * 12)


def test_a_month_with_few_days_has_no_ratio():
    series = made_days(end="2020-12-31")
    series = series[~series["date"].between("2019-06-01", "2019-06-11")]

    ratio = daily_ratios(series)

    assert ratio[ratio.isna()].index.to_period("M").unique().tolist() == [pd.Period("2019-06")]


@given(st.floats(1e-3, 1e3))
def test_ratios_do_not_depend_on_the_unit(factor):
    series = made_days(end="2019-12-31")

    scaled = daily_ratios(series.assign(value=series["value"] * factor))

    pd.testing.assert_series_equal(scaled, daily_ratios(series), rtol=1e-12)


def test_what_cannot_be_learnt_from_is_named():
    series = made_days()
    negative = series.assign(value=series["value"].where(series["date"].dt.to_period("M") != "2020-05", -1.0))
    with pytest.raises(ClimateDataError, match="A, total: the mean of 2020-05 is -1"):
        daily_ratios(negative)
    with pytest.raises(ClimateDataError, match=r"A, total: 181 days .* are too few"):
        training_days(series[series["date"] < "2019-07-01"])


@pytest.mark.parametrize("name", ["gradient boosting", "hinge regression", "weekday means", "even days"])
def test_predictions_have_a_mean_of_one_in_each_month(name):
    known, ratio = training_days(made_days())

    predicted, below = predicted_ratios(regressors()[name].fit(known, ratio), known)

    assert below == 0
    assert predicted.groupby(predicted.index.to_period("M")).mean().to_numpy() == pytest.approx(1.0)


def test_predictions_below_zero_are_set_to_zero_and_counted():
    class Falling:
        def predict(self, known):
            return np.linspace(1, -1, len(known))

    known = features(made_days(end="2019-01-31"))

    predicted, below = predicted_ratios(Falling(), known)

    assert below == 15
    assert (predicted.iloc[-15:] == 0).all()
    assert predicted.mean() == pytest.approx(1.0)


def test_a_month_of_nothing_is_even():
    dates = pd.date_range("2021-01-01", "2021-01-31")

    assert (monthly_normalised(pd.Series(0.0, index=dates)) == 1).all()


def test_models_know_what_was_planted():
    known, ratio = training_days(made_days(noise=0.0))
    models = {name: model.fit(known, ratio) for name, model in regressors().items()}

    predicted = {name: predicted_ratios(model, known)[0] for name, model in models.items()}

    squares = {name: ((ratio - value) ** 2).sum() for name, value in predicted.items()}
    assert squares["hinge regression"] < 0.01 * squares["even days"]
    assert squares["gradient boosting"] < 0.05 * squares["even days"]
    weekdays = predicted["weekday means"].groupby(ratio.index.day_of_week).mean()
    assert weekdays[6] / weekdays[1] == pytest.approx(0.90, abs=0.005)
