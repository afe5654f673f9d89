"""Mean gain over reward models, with an interval that respects both the models and the prompts that they share."""

import numpy as np
import pandas as pd
from scipy.stats import norm, t

from nbutils.reward.gains import changes, resampled_gains
from nbutils.reward.sections import SCORE, SCORE_WITH_PRIOR_SETS, subset_weights
from nbutils.statistics import percentile_interval


def mean_gains(margins: pd.DataFrame, resamples: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Mean gain over models, with an interval for other models on other prompts.

    Each sample draws models and prompts, both with replacement and the same prompts for all models (the pigeonhole
    bootstrap; Owen 2007, arXiv 0712.1111), since models that see the same prompts gain and lose together. The interval
    is widened as Student's t is for few models. It is cautious: the noise of single pairs counts up to three times.

    Args:
        margins: as for `changes`, of several models; a prompt that two models share has the same `prompt_id` in both.
        resamples: bootstrap samples.
        seed: of the bootstrap.

    Returns:
        One row per method, fit and measure ("accuracy" over all pairs, "score" and "score with prior sets" where every
        model has all sections): `method`, `fit`, `measure`, `gain` (percentage points), `low` and `high` (95 %; missing
        for one model), `models`, `raised` (models that gain), `prompts`, `smallest` and `largest` (gain of a model).
    """
    table = changes(margins)
    rows = []
    for cell, part in table.groupby(["method", "fit"], observed=True, sort=False):
        models = part["model"].cat.remove_unused_categories().cat.categories
        for measure, strata in _measures(part, len(models)).items():
            rng = np.random.default_rng(seed)
            gain, samples = np.zeros(len(models)), np.zeros((resamples, len(models)))
            for weight, prompts in strata:
                clusters = _by_model(prompts, models)
                net, pairs = np.split(clusters.sum(0), 2)
                gain += weight * 100 * net / pairs
                samples += weight * resampled_gains(clusters, resamples, rng)
            drawn = rng.integers(len(models), size=samples.shape)
            low, high = percentile_interval(np.take_along_axis(samples, drawn, axis=1).mean(1))
            mean, wider = gain.mean(), _widening(len(models))
            rows.append(
                dict(zip(["method", "fit"], cell, strict=True))
                | {"measure": measure, "gain": mean}
                | {"low": mean - wider * (mean - low), "high": mean + wider * (high - mean)}
                | {"models": len(models), "raised": int((gain > 0).sum()), "prompts": part["prompt"].nunique()}
                | {"smallest": gain.min(), "largest": gain.max()}
            )
    columns = ["gain", "low", "high", "models", "raised", "prompts", "smallest", "largest"]
    return pd.DataFrame(rows, columns=["method", "fit", "measure", *columns])


def _widening(models: int) -> float:
    """How much wider Student's interval of a mean over models is than the percentiles of resampled ones."""
    if models < 2:
        return np.nan
    return float(t.ppf(0.975, models - 1) / norm.ppf(0.975) * np.sqrt(models / (models - 1)))


def _measures(table: pd.DataFrame, models: int) -> dict[str, list[tuple[float, pd.DataFrame]]]:
    """For each measure its strata: weight and prompts."""
    strata = {"accuracy": [(1.0, table)]}
    everywhere = table.groupby("subset", observed=True)["model"].nunique()
    weights = subset_weights(everywhere[everywhere == models].index)
    by_subset = dict(list(table.groupby("subset", observed=True, sort=False)))
    for score in (SCORE, SCORE_WITH_PRIOR_SETS):
        if score in weights:
            strata[score] = [(weight, by_subset[subset]) for subset, weight in weights[score].items()]
    return strata


def _by_model(table: pd.DataFrame, models: pd.Index) -> np.ndarray:
    """[prompts, 2 models] net number of pairs put right, then number of pairs, in the order of `models`."""
    wide = table.pivot_table(index="prompt", columns="model", values=["net", "pairs"], aggfunc="sum", observed=True)
    return np.column_stack([wide[value].reindex(columns=models).fillna(0) for value in ("net", "pairs")])
