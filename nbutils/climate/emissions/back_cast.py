"""Daily emissions from monthly totals and temperature (Li et al., arXiv 2407.20057): total times predicted ratio."""

import math
from functools import partial

import numpy as np
import pandas as pd
from sklearn.base import RegressorMixin, clone

from nbutils.climate.emissions.back_cast_inputs import complete_weather, country_weather, months_of_series
from nbutils.climate.emissions.daily_ratio import features, gradient_boosting, predicted_ratios, training_days
from nbutils.climate.emissions.each_series import each_series
from nbutils.climate.emissions.residual_blocks import ratio_interval
from nbutils.climate.emissions.skill import out_of_year_ratios


def back_cast_days(
    days: pd.DataFrame,
    monthly: pd.DataFrame,
    weather: pd.DataFrame,
    *,
    regressor: RegressorMixin | None = None,
    resamples: int = 400,
    seed: int = 0,
) -> pd.DataFrame:
    """Splits monthly totals into days by a model that is fitted to recent daily emissions.

    The days of a month sum to its total exactly: `math.fsum` of them is the same float. The interval is one for the
    day's value, from residuals of years left out (`ratio_interval`). It takes the response to temperature, weekday and
    holiday as the same in all years; how far it was not is outside the interval, which covers 92 to 95 % of simulated
    days where they are.

    Args:
        days: daily emissions to learn from, two years or more of each series, `value` in the unit of `monthly` per day.
            Days marked in `is_shock` are not learnt from; what recurs in every year is better left unmarked here.
        monthly: `country`, `sector`, `month` (any date in it), `total` (of the month, not negative).
        weather: `country`, `date`, `temperature_c`, `is_holiday`; of all days of the months wanted.
        regressor: unfitted; gradient boosting by default.
        resamples: draws of residuals behind the interval.
        seed: of the draws and of the default model.

    Returns:
        A table of days, sorted: `country`, `sector` (categories), `date`, `value` (unit of `days`), `temperature_c`,
        `is_holiday`, `low`, `high` (95 %), `ratio` (predicted, to the month's mean), `monthly_mean`. `attrs["report"]`
        tells of temperatures that were filled (gaps of three days at most, by straight lines), months left out for
        longer gaps, and predictions below zero.

    Raises:
        ClimateDataError: a month is given twice, is negative or missing, or belongs to a series that `days` has not; a
            country has no weather, or a day two of them; a series is too short to learn from, or has a month whose mean
            is not positive.
    """
    months = months_of_series(monthly, days)
    skies = country_weather(weather, {country for country, _ in months})
    named = days.assign(country=days["country"].astype(str), sector=days["sector"].astype(str))
    wanted = pd.MultiIndex.from_frame(named[["country", "sector"]]).isin(list(months))
    cast = each_series(
        named[wanted],
        partial(
            _series_back_cast,
            months=months,
            skies=skies,
            regressor=gradient_boosting(seed) if regressor is None else regressor,
            resamples=resamples,
            seed=seed,
        ),
        "back-cast",
        fewest_for_workers=3,
    )
    cast = cast.sort_values(["country", "sector", "date"], ignore_index=True)
    cast = cast.astype({"country": "category", "sector": "category"})
    cast.attrs["unit"] = days.attrs.get("unit")
    return cast


def split_exactly(ratio: np.ndarray, total: float) -> np.ndarray:
    """`total` in parts [n] that are proportional to `ratio` [n] and whose exact sum rounds to `total` (`math.fsum`).

    Args:
        ratio: not negative, at least one positive.
        total: not negative.
    """
    parts = ratio * (total / math.fsum(ratio))
    # The largest part takes what rounding left over, which is less than the spacing of floats around it.
    largest = int(np.argmax(parts))
    parts[largest] = math.fsum([total, *-np.delete(parts, largest)])
    return parts


def _series_back_cast(
    series: pd.DataFrame,
    months: dict[tuple[str, str], pd.Series],
    skies: dict[str, pd.DataFrame],
    regressor: RegressorMixin,
    resamples: int,
    seed: int,
) -> pd.DataFrame:
    country, sector = series[["country", "sector"]].iloc[0]
    totals = months[country, sector]
    weather, report = complete_weather(skies[country], totals.index)
    held_out = out_of_year_ratios(series, regressor)
    known = features(weather)
    ratio, below = predicted_ratios(clone(regressor).fit(*training_days(series)), known)
    low, high = ratio_interval(ratio, held_out["ratio"] - held_out["predicted"], resamples, seed)
    if below:
        report.append(f"{below} predicted ratios below 0 were set to 0.")
    month = ratio.index.to_period("M")
    mean = totals.reindex(month).to_numpy() / month.days_in_month.to_numpy()
    value = [split_exactly(part.to_numpy(), totals[period]) for period, part in ratio.groupby(month)]
    table = pd.DataFrame(
        {
            "date": ratio.index,
            "value": np.concatenate(value),
            "temperature_c": weather["temperature_c"].to_numpy(),
            "is_holiday": weather["is_holiday"].to_numpy(),
            "low": low * mean,
            "high": high * mean,
            "ratio": ratio.to_numpy(),
            "monthly_mean": mean,
        }
    )
    table.attrs["report"] = report
    return table
