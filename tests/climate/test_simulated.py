import numpy as np
import pandas as pd
import pytest

from nbutils.climate.errors import ClimateDataError
from nbutils.climate.planted import COUNTRIES
from nbutils.climate.simulated import TEMPERATURE_RHO, monthly_totals, simulated_countries


@pytest.fixture(scope="module")
def simulated():
    return simulated_countries()


def one(days, country, sector):
    return days[(days["country"] == country) & (days["sector"] == sector)]


def yearly_normalised(series):
    return 100 * series["value"] / series.groupby(series["date"].dt.year)["value"].transform("mean")


def test_the_table_has_a_row_for_every_day_leap_days_included(simulated):
    days, planted = simulated

    assert list(days.columns) == [
        *("date", "country", "sector", "value", "temperature_c", "is_holiday", "is_shock"),
    ]
    assert days["date"].dtype == "datetime64[ns]"
    assert len(days) == 6 * 3 * (55 * 365 + 14)
    assert not days.duplicated(["country", "sector", "date"]).any()
    in_order = np.lexsort([days["date"], days["sector"].cat.codes, days["country"].cat.codes])
    np.testing.assert_array_equal(in_order, np.arange(len(days)))
    assert all(days[name].cat.categories.is_monotonic_increasing for name in ("country", "sector"))
    assert (days["value"] > 0).all()
    assert days.attrs["unit"] == "MtCO2 per day"
    assert len(planted) == 18


def test_the_planted_thresholds_are_the_published_ones_and_the_shapes_are_all_there(simulated):
    planted = simulated[1].set_index(["country", "sector"])

    assert planted.loc[[("US", "total"), ("China", "total"), ("Japan", "total")], "tc"].tolist() == [14.9, 18.7, 18.4]
    assert set(planted["shape"]) == {"v", "dead_band", "none"}
    assert planted.loc[("US", "power"), ["low", "high"]].tolist() == [12.0, 18.0]
    assert planted.loc[planted["shape"] != "v", "tc"].isna().all()
    assert (planted.loc["Chile", "slope_below"] == 0).all()
    assert (planted.loc["Iceland", "slope_below"] < 0).all()


def test_a_regression_that_knows_the_threshold_finds_slopes_weekend_and_residuals(simulated):
    days, planted = simulated
    for row in planted.itertuples():
        series = one(days, row.country, row.sector)
        series = series[(series["date"].dt.year >= 1990)]
        low, high = (row.tc, row.tc) if row.shape == "v" else (row.low, row.high)
        temperature = series["temperature_c"]
        responses = (
            [temperature]
            if row.shape == "none"
            else [np.minimum(temperature - low, 0), np.maximum(temperature - high, 0)]
        )
        effects = [series["date"].dt.day_of_week == 5, series["date"].dt.day_of_week == 6, series["is_holiday"]]
        years = pd.get_dummies(series["date"].dt.year)
        within_year = series["date"].dt.day_of_year - 183
        design = np.column_stack([*responses, *effects, within_year, years]).astype(float)
        target = yearly_normalised(series).to_numpy()
        kept = ~series["is_shock"].to_numpy()

        found, *_ = np.linalg.lstsq(design[kept], target[kept], rcond=None)
        residuals = pd.Series(target - design @ found).where(kept)

        slopes = [row.slope_below, row.slope_above][: len(responses)]
        np.testing.assert_allclose(found[: len(slopes)], slopes, atol=0.08 + 0.03 * np.abs(slopes).max())
        saturday, sunday, holiday = found[len(slopes) : len(slopes) + 3]
        country = COUNTRIES[row.country]
        np.testing.assert_allclose([saturday, sunday, holiday], [country.saturday, country.sunday, -8], atol=0.6)
        assert residuals.std() == pytest.approx(row.sd, rel=0.08)
        assert residuals.autocorr(1) == pytest.approx(row.rho, abs=0.04)


def test_temperatures_have_a_season_weather_and_a_warming(simulated):
    for name, country in COUNTRIES.items():
        series = one(simulated[0], name, "total").set_index("date")["temperature_c"]
        by_day = series.groupby(series.index.day_of_year).mean()
        weather = series - series.groupby(series.index.day_of_year).transform("mean")
        decades = (series.index - series.index[0]).days / 3652.425

        assert (by_day.max() - by_day.min()) / 2 == pytest.approx(country.amplitude_c, rel=0.15)
        assert np.polyfit(decades, weather, 1)[0] == pytest.approx(0.25, abs=0.05)
        assert weather.autocorr(1) == pytest.approx(TEMPERATURE_RHO, abs=0.05)


def test_shocks_are_marked_and_low(simulated):
    days = simulated[0]
    china = one(days, "China", "total").set_index("date")
    normal = pd.Series(yearly_normalised(china.reset_index()).to_numpy(), index=china.index)

    assert china.loc["2021-02-12", "is_shock"]  # the first day of the Spring Festival
    assert not china.loc["2021-04-01", "is_shock"]
    winters = china.index.month.isin([1, 2]) & (china.index.year != 2020)
    shocked = winters & china["is_shock"].to_numpy()
    assert normal[shocked].mean() < normal[winters & ~china["is_shock"].to_numpy()].mean() - 5
    us = one(days, "US", "total").set_index("date")
    assert us.loc["2020-03-14":"2020-06-10", "is_shock"].all()
    assert us["is_shock"].sum() < 100
    dip = us.loc["2020-04-01":"2020-04-20", "value"].mean() / us.loc["2019-04-01":"2019-04-20", "value"].mean()
    assert dip == pytest.approx(0.86, abs=0.05)


def test_emissions_grow_as_planted(simulated):
    for name, country in COUNTRIES.items():
        series = one(simulated[0], name, "total")
        by_year = series.groupby(series["date"].dt.year)["value"].mean()
        growth = np.log(by_year[country.peak - 1] / by_year[1970]) / (country.peak - 1 - 1970)
        assert growth == pytest.approx(country.growth[0], abs=1e-3)


def test_a_series_does_not_depend_on_what_else_is_asked_for_but_on_the_seed():
    alone, _ = simulated_countries(["Japan"], sectors=["power"], first_year=2019)
    among, _ = simulated_countries(["Japan", "US"], first_year=2019)
    other, _ = simulated_countries(["Japan"], sectors=["power"], first_year=2019, seed=1)

    np.testing.assert_array_equal(one(among, "Japan", "power")["value"], alone["value"])
    assert np.abs(alone["value"] - other["value"]).min() > 0


def test_monthly_totals_are_the_sums_of_their_days():
    days, _ = simulated_countries(["India"], sectors=["total"], first_year=2019, last_year=2020)

    totals = monthly_totals(days)

    assert totals["month"].dtype == "datetime64[ns]"
    assert totals["days"].tolist()[:2] == [31, 28]
    assert totals["days"].iloc[13] == 29
    february = days["date"].between("2020-02-01", "2020-02-29")
    assert totals["total"].iloc[13] == pytest.approx(days.loc[february, "value"].sum(), rel=1e-12)
    assert totals["total"].sum() == pytest.approx(days["value"].sum(), rel=1e-12)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"countries": ["Atlantis"]}, "Atlantis"),
        ({"sectors": ["farming"]}, "farming"),
        ({"countries": []}, "no country"),
        ({"first_year": 2024, "last_year": 2020}, "2024 to 2020"),
    ],
)
def test_what_cannot_be_simulated_is_named(arguments, named):
    with pytest.raises(ClimateDataError, match=named):
        simulated_countries(**arguments)
