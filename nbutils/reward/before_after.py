"""Rewards before and after a calibration: their dependence on a characteristic, and their accuracy by subset."""

from collections.abc import Sequence

import pandas as pd

from nbutils.reward.accuracy import accuracy
from nbutils.reward.bias_curves import bias_curves
from nbutils.reward.calibrators import Calibrator
from nbutils.reward.cross_fitting import CROSS_FITTED, UNCALIBRATED, calibrated_pairs

BEFORE, AFTER = "as scored", "calibrated"


def curves_before_and_after(
    pairs: pd.DataFrame,
    method: Calibrator,
    characteristics: Sequence[str],
    *,
    folds: int = 5,
    resamples: int = 100,
    seed: int = 0,
) -> pd.DataFrame:
    """The method's curve of the scores as they are, and again of the scores that it has calibrated, cross-fitted.

    Args:
        pairs: as for `cross_fitted_margins`.
        method: a calibrator.
        characteristics: what it sees.
        folds: as for `cross_fitted_margins`.
        resamples: bootstrap samples over prompts, for the bands.
        seed: of folds and bootstrap.

    Returns:
        The columns of `bias_curves` after `stage` ("as scored", "calibrated").
    """
    scored = {BEFORE: pairs, AFTER: calibrated_pairs(pairs, method, characteristics, folds=folds, seed=seed)}
    tables = [
        bias_curves(given, method, characteristics, resamples=resamples, seed=seed).assign(stage=stage)
        for stage, given in scored.items()
    ]
    table = pd.concat(tables, ignore_index=True)
    return table[["stage", *table.columns.drop("stage")]]


def accuracy_before_and_after(margins: pd.DataFrame, method: str) -> pd.DataFrame:
    """Accuracy by subset as scored and with a method, cross-fitted: rows of `accuracy` after `stage`."""
    before = margins["method"] == UNCALIBRATED
    after = (margins["method"] == method) & (margins["fit"] == CROSS_FITTED)
    tables = [accuracy(margins[kept]).assign(stage=stage) for stage, kept in {BEFORE: before, AFTER: after}.items()]
    table = pd.concat(tables, ignore_index=True)
    return table[["stage", *table.columns.drop("stage")]]
