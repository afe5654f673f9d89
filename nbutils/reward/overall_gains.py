"""The gain of a data set as a whole, whether one reward model scored it or many; and how much of it is in-sample."""

import pandas as pd

from nbutils.reward.cross_fitting import CROSS_FITTED, IN_SAMPLE, UNCALIBRATED
from nbutils.reward.gains import gains
from nbutils.reward.mean_gains import mean_gains

MEAN_OVER_MODELS = "mean over models"
COLUMNS = ["method", "fit", "gain", "low", "high", "models", "prompts"]


def overall_gains(margins: pd.DataFrame, resamples: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Gain in accuracy over all pairs: the mean of `mean_gains` where there are several models.

    Args:
        margins: as for `gains`.
        resamples: bootstrap samples.
        seed: of the bootstrap.

    Returns:
        One row per method and fit: `method`, `fit`, `gain`, `low`, `high` (percentage points), `models`, `prompts`.
    """
    together = margins.assign(subset="all")
    if margins["model"].nunique() > 1:
        return mean_gains(together, resamples, seed)[COLUMNS]
    return gains(together, resamples, seed).assign(models=1)[COLUMNS]


def gains_and_means(margins: pd.DataFrame, resamples: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Gain of each method over all pairs of each model, and its mean over models where there are several.

    Args:
        margins: as for `gains`.
        resamples: bootstrap samples.
        seed: of the bootstrap.

    Returns:
        One row per model, method and fit, `model` being "mean over models" in the first of them: `model`, `method`,
        `fit`, `gain`, `low`, `high` (percentage points of accuracy over all pairs), `prompts`.
    """
    columns = ["model", "method", "fit", "gain", "low", "high", "prompts"]
    each = gains(margins.assign(subset="all"), resamples, seed)
    if each["model"].nunique() == 1:
        return each[columns]
    means = overall_gains(margins, resamples, seed).assign(model=MEAN_OVER_MODELS)
    return pd.concat([means[columns], each[columns]], ignore_index=True)


def optimism(margins: pd.DataFrame, resamples: int = 1000, seed: int = 0) -> pd.DataFrame:
    """By how much the in-sample accuracy of each method lies above its cross-fitted one, on the same pairs.

    Args:
        margins: as for `gains`.
        resamples: bootstrap samples.
        seed: of the bootstrap.

    Returns:
        One row per method: the columns of `overall_gains` without `fit`; `gain` is the difference.
    """
    parts = []
    for method, rows in margins[margins["method"] != UNCALIBRATED].groupby("method", observed=True, sort=False):
        held_out, own = (rows[rows["fit"] == fit].astype({"method": str}) for fit in (CROSS_FITTED, IN_SAMPLE))
        both = pd.concat([held_out.assign(method=UNCALIBRATED), own])
        parts.append(overall_gains(both, resamples, seed).assign(method=method))
    return pd.concat(parts, ignore_index=True).drop(columns="fit")
