"""How well the daily ratio is predicted: years left out as the headline, and the split that leaks beside it.

Days beside each other are alike, so that days left out at random are predicted from their neighbours. A back-cast has
no neighbours to learn from; leaving out whole years asks of a model what the back-cast will ask.
"""

from collections.abc import Iterable, Mapping
from functools import partial

import numpy as np
import pandas as pd
from sklearn.base import RegressorMixin, clone
from sklearn.model_selection import KFold, LeaveOneGroupOut

from nbutils.climate.emissions.daily_ratio import monthly_normalised, predicted_ratios, regressors, training_days
from nbutils.climate.emissions.each_series import each_series
from nbutils.climate.errors import ClimateDataError
from nbutils.statistics import mean_interval

RANDOM_FOLDS = 5
STATISTICS = ["r2", "rmse", "covered"]
Splits = Iterable[tuple[np.ndarray, np.ndarray]]


def skill_by_year(
    days: pd.DataFrame, models: Mapping[str, RegressorMixin] | None = None, *, seed: int = 0
) -> pd.DataFrame:
    """Scores of models of the daily ratio on days that they were not fitted on, year by year.

    Predictions are brought to a mean of 1 in each month, as in the back-cast.

    Args:
        days: daily emissions with temperature, two years or more of each series; shocks are left out.
        models: unfitted scikit-learn regressors by name; by default those of `regressors`.
        seed: of the random split and of the default models.

    Returns:
        One row per country, sector, model, split and year: `country`, `sector`, `model`, `split` ("years left out", the
        headline, or "random days", five folds), `year`, `r2` (1 less the squared error over that of the ratio 1, so
        that 0 is the null of even days), `rmse` (% of the monthly mean), `n` (days).

    Raises:
        ClimateDataError: fewer than two years of a series, or a month whose mean is not positive.
    """
    models = regressors(seed) if models is None else models
    measure = partial(_series_skill, models=models, seed=seed)
    return each_series(days, measure, "out-of-year skill", fewest_for_workers=3)


def skill_over_years(by_year: pd.DataFrame) -> pd.DataFrame:
    """Means over years, with an interval that takes the years as the sample.

    Args:
        by_year: as of `skill_by_year` or `back_cast_skill`.

    Returns:
        One row per country, sector, model, split and statistic: `country`, `sector`, `model`, `split`, `statistic`
        ("r2", "rmse" or "covered"), `value` (mean of the years' scores), `low`, `high` (95 %, Student's t over years),
        `years`. Years without a score (no day to cover) are left out; NaN ends for a single year.
    """
    keys = ["country", "sector", "model", "split", "statistic"]
    long = by_year.melt(keys[:-1], [name for name in STATISTICS if name in by_year], "statistic", "score").dropna()
    return _interval_by(long, keys, "score")


def skill_gain(by_year: pd.DataFrame, model: str, over: str) -> pd.DataFrame:
    """How much better one model is than another in the same years.

    Args:
        by_year: as of `skill_by_year`.
        model: name.
        over: name of the model to compare with.

    Returns:
        One row per country, sector and split: `country`, `sector`, `split`, `value` (mean over years of the difference
        in r2; above 0 `model` is better, 0 is the null), `low`, `high` (95 %, Student's t of the paired differences),
        `years`.

    Raises:
        ClimateDataError: a model is not in the table.
    """
    for name in (model, over):
        if name not in set(by_year["model"]):
            raise ClimateDataError(
                f"no scores of model {name!r}; the table has {', '.join(sorted(set(by_year['model'])))}."
            )
    keys = ["country", "sector", "split"]
    wide = by_year.pivot_table(index=[*keys, "year"], columns="model", values="r2", sort=False)
    gain = (wide[model] - wide[over]).dropna().rename("gain").reset_index()
    return _interval_by(gain, keys, "gain")


def out_of_year_ratios(series: pd.DataFrame, regressor: RegressorMixin) -> pd.DataFrame:
    """Ratio and its prediction by a model that was fitted on all other years.

    Args:
        series: days of one country and sector.
        regressor: unfitted.

    Returns:
        Indexed by date, days that have a ratio: `ratio`, `predicted`.

    Raises:
        ClimateDataError: fewer than two years.
    """
    known, ratio = training_days(series)
    predicted = _held_out(regressor, known, ratio, _years_left_out(series, known))
    return pd.DataFrame({"ratio": ratio, "predicted": predicted})


def score(ratio: pd.Series, predicted: pd.Series) -> dict[str, float]:
    """`r2` against the ratio 1 and `rmse` in % of the monthly mean."""
    squares = ((ratio - predicted) ** 2).sum()
    null = ((ratio - 1) ** 2).sum()
    return {"r2": 1 - squares / null if null > 0 else np.nan, "rmse": 100 * np.sqrt(squares / len(ratio))}


def _series_skill(series: pd.DataFrame, models: Mapping[str, RegressorMixin], seed: int) -> pd.DataFrame:
    known, ratio = training_days(series)
    splits = {
        "years left out": _years_left_out(series, known),
        "random days": list(KFold(RANDOM_FOLDS, shuffle=True, random_state=seed).split(known)),
    }
    rows = []
    for name, regressor in models.items():
        for split, folds in splits.items():
            predicted = _held_out(regressor, known, ratio, folds)
            for year, part in ratio.groupby(ratio.index.year):
                rows.append(
                    {"model": name, "split": split, "year": year}
                    | score(part, predicted[part.index])
                    | {"n": len(part)}
                )
    return pd.DataFrame(rows)


def _years_left_out(series: pd.DataFrame, known: pd.DataFrame) -> Splits:
    years = known.index.year
    if years.nunique() < 2:
        raise ClimateDataError(
            f"{series['country'].iloc[0]}, {series['sector'].iloc[0]}: all days are of {years[0]}; a score on years "
            "left out needs at least two."
        )
    return list(LeaveOneGroupOut().split(known, groups=years))


def _held_out(regressor: RegressorMixin, known: pd.DataFrame, ratio: pd.Series, folds: Splits) -> pd.Series:
    """Prediction for each day by the model that was fitted without its fold."""
    predicted = pd.Series(np.nan, index=known.index)
    for rest, fold in folds:
        # Predicted for whole months, from which the regression takes its means; the days of the fold are kept.
        everywhere, _ = predicted_ratios(clone(regressor).fit(known.iloc[rest], ratio.iloc[rest]), known)
        predicted.iloc[fold] = everywhere.iloc[fold]
    return monthly_normalised(predicted)


def _interval_by(table: pd.DataFrame, keys: list[str], column: str) -> pd.DataFrame:
    """Mean of `column` over the rows (years) of each group, with Student's interval."""
    rows = []
    for key, values in table.groupby(keys, observed=True, sort=False)[column]:
        low, high = mean_interval(values.to_numpy()) if len(values) > 1 else (np.nan, np.nan)
        rows.append([*key, values.mean(), low, high, len(values)])
    return pd.DataFrame(rows, columns=[*keys, "value", "low", "high", "years"])
