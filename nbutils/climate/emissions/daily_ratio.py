"""How a day's emissions compare with its month's mean: the ratio, and what predicts it (Li et al., arXiv 2407.20057).

The paper fits gradient boosting to the ratio of each country. Beside it stand a regression on hinges of temperature,
weekday and holiday, and the weekday means alone.
"""

import numpy as np
import pandas as pd
from sklearn.base import RegressorMixin
from sklearn.compose import make_column_transformer
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from nbutils.climate.emissions.calendar_days import calendar_day
from nbutils.climate.emissions.hinge_regression import HingeRegression
from nbutils.climate.errors import ClimateDataError

FEWEST_DAYS_OF_MONTH = 20
FEWEST_DAYS = 365


def features(weather: pd.DataFrame) -> pd.DataFrame:
    """What is known of each day of one country without its emissions.

    The month's means are over the days that are handed in, so hand in whole months.

    Args:
        weather: `date` (unique, sorted), `temperature_c`, `is_holiday`; one row a day.

    Returns:
        Indexed by date: `temperature_c`; `anomaly_c`, the same less the month's mean; `before_c`, the mean of the two
        days before less the month's mean (the day's own anomaly where these are unknown); `weekday` (0 Monday),
        `month` (1 to 12), `day_of_year` (1 to 366, 61 always 1 March), `is_holiday` (0 or 1).
    """
    by_date = weather.set_index("date")
    temperature = by_date["temperature_c"]
    months_mean = temperature.groupby(temperature.index.to_period("M")).transform("mean")
    before = temperature.resample("D").mean().rolling(2, min_periods=1).mean().shift(1).reindex(temperature.index)
    return pd.DataFrame(
        {
            "temperature_c": temperature,
            "anomaly_c": temperature - months_mean,
            "before_c": before.fillna(temperature) - months_mean,
            "weekday": temperature.index.day_of_week,
            "month": temperature.index.month,
            "day_of_year": calendar_day(temperature.index),
            "is_holiday": by_date["is_holiday"].astype(int),
        }
    )


def daily_ratios(series: pd.DataFrame) -> pd.Series:
    """A day's value over the mean of its month, the target of the paper's model.

    The mean is over the days of the month that have a value and, where there is a column `is_shock`, are no shock.

    Args:
        series: days of one country and sector.

    Returns:
        Indexed by date; NaN for days without a value, for shocks, and for months with fewer than 20 days left.

    Raises:
        ClimateDataError: a month's mean is zero or negative.
    """
    by_date = series.set_index("date")
    value = by_date["value"]
    if "is_shock" in by_date:
        value = value.mask(by_date["is_shock"])
    months = value.groupby(value.index.to_period("M"))
    mean = months.transform("mean")
    if (mean <= 0).any():
        raise ClimateDataError(
            f"{_name(series)}: the mean of {mean.index[mean <= 0][0]:%Y-%m} is {mean[mean <= 0].iloc[0]:.4g}; a ratio "
            "to it means nothing. Leave out this sector or these months."
        )
    return (value / mean).where(months.transform("count") >= FEWEST_DAYS_OF_MONTH)


def training_days(series: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    """Features and ratios of the days of one country and sector that have both.

    Args:
        series: days of one country and sector.

    Returns:
        Table as of `features`, and the ratio, both indexed by date.

    Raises:
        ClimateDataError: fewer than 365 such days, or a month's mean is not positive.
    """
    known, ratio = features(series), daily_ratios(series)
    counted = ratio.notna() & known["temperature_c"].notna()
    if counted.sum() < FEWEST_DAYS:
        raise ClimateDataError(
            f"{_name(series)}: {counted.sum()} days with emissions and temperature, in months with at least "
            f"{FEWEST_DAYS_OF_MONTH} of them, are too few to learn a year's course; {FEWEST_DAYS} are needed."
        )
    return known[counted], ratio[counted]


def predicted_ratios(regressor: RegressorMixin, known: pd.DataFrame) -> tuple[pd.Series, int]:
    """Ratios that a fitted regressor predicts, brought to a mean of 1 in each month.

    Args:
        regressor: fitted on a table as of `features`.
        known: whole months, as of `features`.

    Returns:
        The ratio by date, none below 0, and how many predictions were below 0 and were set to 0. A month in which all
        were is even.
    """
    raw = pd.Series(regressor.predict(known), index=known.index, dtype=float)
    return monthly_normalised(raw.clip(lower=0)), int((raw < 0).sum())


def monthly_normalised(ratio: pd.Series) -> pd.Series:
    """`ratio` (by date) over its mean in each month; 1 where that mean is 0."""
    mean = ratio.groupby(ratio.index.to_period("M")).transform("mean")
    return (ratio / mean).where(mean > 0, 1.0)


def gradient_boosting(seed: int = 0) -> HistGradientBoostingRegressor:
    """The default model: boosted trees on all features.

    Any other scikit-learn regressor can stand in its place, such as `lightgbm.LGBMRegressor()` or the paper's
    `xgboost.XGBRegressor()`. None of them learns from temperatures outside those that it was trained on.
    """
    return HistGradientBoostingRegressor(
        learning_rate=0.05,
        max_iter=200,
        max_leaf_nodes=8,
        min_samples_leaf=20,
        l2_regularization=1.0,
        categorical_features=["weekday"],
        early_stopping=False,
        random_state=seed,
    )


def weekday_means() -> RegressorMixin:
    """The climatology to beat: a mean for every weekday."""
    weekdays = make_column_transformer((OneHotEncoder(categories=[np.arange(7)]), ["weekday"]))
    return make_pipeline(weekdays, LinearRegression(fit_intercept=False))


def even_days() -> RegressorMixin:
    """The null: every day emits its month's mean."""
    return DummyRegressor(strategy="constant", constant=1.0)


def regressors(seed: int = 0) -> dict[str, RegressorMixin]:
    """The models that stand beside one another, unfitted, by name."""
    return {
        "gradient boosting": gradient_boosting(seed),
        "hinge regression": HingeRegression(),
        "weekday means": weekday_means(),
        "even days": even_days(),
    }


def _name(series: pd.DataFrame) -> str:
    return f"{series['country'].iloc[0]}, {series['sector'].iloc[0]}"
