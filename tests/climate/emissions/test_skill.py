import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge

from nbutils.climate.emissions import HingeRegression, gradient_boosting, skill_by_year, skill_gain, skill_over_years
from nbutils.climate.emissions.daily_ratio import even_days, training_days, weekday_means
from nbutils.climate.emissions.skill import out_of_year_ratios, score
from nbutils.climate.errors import ClimateDataError
from nbutils.statistics import mean_interval
from tests.climate.emissions.made import made_days


def test_the_null_scores_nothing_and_a_perfect_prediction_one():
    ratio = pd.Series([0.8, 1.1, 1.1])

    assert score(ratio, ratio) == {"r2": 1.0, "rmse": 0.0}
    null = score(ratio, pd.Series(1.0, index=ratio.index))
    assert null["r2"] == 0
    assert null["rmse"] == pytest.approx(100 * np.sqrt((0.04 + 0.01 + 0.01) / 3))


def test_no_day_is_predicted_by_a_model_that_saw_its_year():
    seen = []

    class Watched(Ridge):
        def fit(self, known, ratio):
            seen.append(set(known.index.year))
            return super().fit(known, ratio)

    series = made_days(start="2020-01-01")
    held_out = out_of_year_ratios(series, Watched())

    assert seen == [{2021, 2022}, {2020, 2022}, {2020, 2021}]
    assert held_out["predicted"].notna().all()


def test_predictions_of_a_year_written_out():
    series = made_days(start="2020-01-01")
    known, ratio = training_days(series)
    years = known.index.year

    held_out = out_of_year_ratios(series, HingeRegression())

    fitted = HingeRegression().fit(known[years != 2021], ratio[years != 2021])
    raw = pd.Series(fitted.predict(known[years == 2021]), index=known.index[years == 2021])
    expected = raw / raw.groupby(raw.index.month).transform("mean")
    pd.testing.assert_series_equal(held_out["predicted"]["2021"], expected, check_names=False, check_freq=False)


def test_random_days_leak_and_years_do_not():
    """Residuals that run on for weeks are learnt from the neighbours of a day, and from no other year."""
    series = made_days(noise=0.08, rho=0.97, heating=0.0, cooling=0.0, holiday=0.0)

    scores = skill_by_year(series, {"trees": gradient_boosting()}).groupby("split")["r2"].mean()

    assert scores["random days"] > scores["years left out"] + 0.15


def test_models_in_the_order_that_was_planted():
    by_year = skill_by_year(made_days(noise=0.03))

    over = skill_over_years(by_year)
    rows = over[(over["split"] == "years left out") & (over["statistic"] == "r2")].set_index("model")
    assert rows.loc["even days", "value"] == 0
    assert 0.2 < rows.loc["weekday means", "value"] < 0.5
    assert 0.75 < rows.loc["gradient boosting", "value"] < rows.loc["hinge regression", "value"] < 0.95
    assert (rows["years"] == 4).all()
    gain = skill_gain(by_year, "hinge regression", "gradient boosting").set_index("split").loc["years left out"]
    assert gain["low"] < gain["value"] < gain["high"]
    assert gain["value"] == pytest.approx(
        rows.loc["hinge regression", "value"] - rows.loc["gradient boosting", "value"]
    )


def test_intervals_take_years_as_the_sample():
    by_year = skill_by_year(made_days(), {"weekdays": weekday_means()})

    over = skill_over_years(by_year)

    for _, row in over.iterrows():
        scores = by_year.loc[by_year["split"] == row["split"], row["statistic"]].to_numpy()
        assert row["value"] == pytest.approx(scores.mean())
        assert (row["low"], row["high"]) == pytest.approx(mean_interval(scores))


def test_scores_do_not_depend_on_names_order_or_unit():
    first, second = made_days("A", seed=1), made_days("B", seed=2)
    models = {"hinges": HingeRegression()}
    alone = skill_by_year(first, models)

    both = pd.concat([second, first.assign(country="Z", value=first["value"] * 1000)])
    renamed = skill_by_year(both, models).query("country == 'Z'")

    pd.testing.assert_frame_equal(
        renamed.drop(columns="country").reset_index(drop=True), alone.drop(columns="country"), rtol=1e-9
    )


def test_one_year_cannot_be_scored():
    with pytest.raises(ClimateDataError, match="A, total: all days are of 2019"):
        skill_by_year(made_days(end="2019-12-31"), {"even": even_days()})


def test_a_model_that_is_not_in_the_table():
    by_year = skill_by_year(made_days(start="2021-01-01"), {"even": even_days()})

    with pytest.raises(ClimateDataError, match="no scores of model 'trees'; the table has even"):
        skill_gain(by_year, "trees", "even")


def test_french_demand_is_predicted_better_with_the_days_before(shared_data):
    demand = pd.read_csv(shared_data("rte_france_daily_peak.csv"), parse_dates=["date"])
    days = demand.rename(columns={"peak_demand_mw": "value"}).assign(country="France", sector="peak", is_holiday=False)
    models = {"trees": gradient_boosting(), "hinges": HingeRegression(), "weekdays": weekday_means()}

    by_year = skill_by_year(days[days["date"].dt.year.between(2016, 2019)], models)

    over = skill_over_years(by_year).query("split == 'years left out' and statistic == 'r2'").set_index("model")
    assert over.loc["trees", "value"] > over.loc["hinges", "value"] > over.loc["weekdays", "value"] > 0.3
