"""How smooth the curve should be, by cross-validation."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from nbutils.reward.calibrators.folds import fold_of_rows
from nbutils.reward.calibrators.lowess import Lowess

CANDIDATES = (0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0)


def choose_frac(
    values: np.ndarray,
    scores: np.ndarray,
    prompts: np.ndarray,
    *,
    candidates: Sequence[float] = CANDIDATES,
    settings: Lowess | None = None,
    folds: int = 5,
    seed: int = 0,
) -> pd.DataFrame:
    """How well curves of each `frac` predict scores that they were not fitted to, and which predicts best.

    Labels play no part. The error is that of scores about the curve, most of which no curve can explain: compare the
    differences between candidates with their standard errors, not the errors themselves.

    Args:
        values: [n, 2, c] characteristics of n pairs.
        scores: [n, 2].
        prompts: [n] the prompt of each pair; all pairs of one are held out together.
        candidates: values of `frac`.
        settings: the `Lowess` whose `frac` is varied, the default one if not given.
        folds: number of folds.
        seed: of the folds.

    Returns:
        One row for each candidate, in their order: `frac`, `error` (mean squared error of held-out scores), `excess`
        (error above the least), `standard_error` (of the excess, over prompts; 0 for the least) and `chosen` (the
        candidate of the least error).

    Raises:
        ValueError: as `Lowess` and its `fit`; fewer prompts than folds.
    """
    values, scores = np.asarray(values, dtype=float), np.asarray(scores, dtype=float)
    settings = settings or Lowess()
    fold = fold_of_rows(prompts, folds, seed)
    errors = np.empty((len(candidates), len(scores)))
    for i, frac in enumerate(candidates):
        for held_out in range(folds):
            rows = fold == held_out
            calibrator = replace(settings, frac=frac, alpha=1.0).fit(values[~rows], scores[~rows])
            residuals = calibrator.transform(values[rows], scores[rows]) - scores[~rows].mean()
            errors[i, rows] = (residuals**2).mean(axis=1)
    mean = errors.mean(axis=1)
    by_prompt = (
        pd.DataFrame((errors - errors[mean.argmin()]).T - (mean - mean.min())).groupby(np.asarray(prompts)).sum()
    )
    return pd.DataFrame(
        {
            "frac": list(candidates),
            "error": mean,
            "excess": mean - mean.min(),
            "standard_error": np.sqrt((by_prompt**2).sum().to_numpy()) / len(scores),
            "chosen": np.arange(len(mean)) == mean.argmin(),
        }
    )
