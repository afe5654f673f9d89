"""Margins of pairs under calibrators that did not see them, beside those of calibrators that did."""

import copy
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from nbutils.reward.calibrators.calibrator import FEWEST_PAIRS, Calibrator
from nbutils.reward.calibrators.folds import fold_of_rows
from nbutils.reward.errors import RewardDataError

UNCALIBRATED = "none"
CROSS_FITTED, IN_SAMPLE = "cross-fitted", "in-sample"
FITS = (CROSS_FITTED, IN_SAMPLE)


def cross_fitted_margins(
    pairs: pd.DataFrame,
    methods: Mapping[str, Calibrator],
    characteristics: Sequence[str],
    *,
    folds: int = 5,
    seed: int = 0,
) -> pd.DataFrame:
    """Calibrated score of the chosen response minus that of the rejected one.

    Cross-fitted, a pair is calibrated by a curve from pairs of other prompts. In-sample it is calibrated by a curve
    that it helped to draw, as in the paper. Each model has its own curves; equal prompts share their fold.

    Args:
        pairs: `model`, `pair_id`, `prompt_id`, `subset`, `chosen_score`, `rejected_score`, and `chosen_<name>` and
            `rejected_<name>` for each characteristic.
        methods: calibrators by name, left as they are; "none" is added.
        characteristics: what the calibrators see, in this order.
        folds: number of folds.
        seed: of the folds.

    Returns:
        One row for each model, method, fit and pair: `model`, `pair_id`, `prompt_id`, `subset`, `method`, `fit` and
        `margin` (score units). The method "none" fits nothing and appears once, as "in-sample". `model`, `subset`,
        `method` and `fit` are categories.

    Raises:
        RewardDataError: a column is missing, a number is not finite, or a model has too few pairs or prompts.
        ValueError: a method is called "none", or cannot be fitted.
    """
    if UNCALIBRATED in methods:
        raise ValueError(f"a method is called {UNCALIBRATED!r}, the name of the uncalibrated margins.")
    values, scores = pair_arrays(pairs, characteristics)
    tables = []
    for model, rows in pairs.groupby("model", sort=False, observed=True).indices.items():
        fold = _checked_folds(model, pairs["prompt_id"].to_numpy()[rows], folds, seed)
        margins = {(UNCALIBRATED, IN_SAMPLE): _margin(scores[rows])}
        for name, method in methods.items():
            margins[name, CROSS_FITTED] = _margin(_cross_fitted(method, values[rows], scores[rows], fold))
            fitted = copy.copy(method).fit(values[rows], scores[rows])
            margins[name, IN_SAMPLE] = _margin(fitted.transform(values[rows], scores[rows]))
        for (name, fit), margin in margins.items():
            tables.append((rows, name, fit, margin))
    return _long(pairs, tables, [UNCALIBRATED, *methods])


def calibrated_pairs(
    pairs: pd.DataFrame, method: Calibrator, characteristics: Sequence[str], *, folds: int = 5, seed: int = 0
) -> pd.DataFrame:
    """The pairs with cross-fitted calibrated scores in place of their scores; arguments as for `cross_fitted_margins`.

    Raises:
        RewardDataError: as `cross_fitted_margins`.
        ValueError: the method cannot be fitted.
    """
    values, scores = pair_arrays(pairs, characteristics)
    calibrated = np.empty_like(scores)
    for model, rows in pairs.groupby("model", sort=False, observed=True).indices.items():
        fold = _checked_folds(model, pairs["prompt_id"].to_numpy()[rows], folds, seed)
        calibrated[rows] = _cross_fitted(method, values[rows], scores[rows], fold)
    return pairs.assign(chosen_score=calibrated[:, 0], rejected_score=calibrated[:, 1])


def pair_arrays(pairs: pd.DataFrame, characteristics: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Characteristics [n, 2, c] and scores [n, 2] of pairs, chosen before rejected.

    Raises:
        RewardDataError: no characteristic is named, a column is missing, or a number is not finite.
    """
    if isinstance(characteristics, str) or not characteristics:
        raise RewardDataError(f"characteristics is {characteristics!r}; give a list of names such as ['chars'].")
    names = ["score", *characteristics]
    columns = [f"{side}_{name}" for name in names for side in ("chosen", "rejected")]
    for column in ["model", "pair_id", "prompt_id", "subset", *columns]:
        if column not in pairs:
            raise RewardDataError(f"pairs have no column {column!r}: add it, with_characteristics does so from texts.")
    array = pairs[columns].to_numpy(dtype=float)
    wrong = np.argwhere(~np.isfinite(array))
    if len(wrong):
        row, column = wrong[0]
        pair = pairs.iloc[row]
        raise RewardDataError(
            f"{columns[column]} of pair {pair['pair_id']!r} of model {pair['model']!r} is {array[row, column]}: give "
            "a finite number."
        )
    array = array.reshape(len(pairs), len(names), 2)
    return array[:, 1:].transpose(0, 2, 1), array[:, 0]


def _cross_fitted(method: Calibrator, values: np.ndarray, scores: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """Scores [n, 2] calibrated by what was fitted to the other folds; folds are numbered from 0."""
    calibrated = np.empty_like(scores)
    for held_out in range(fold.max() + 1):
        unseen = fold == held_out
        fitted = copy.copy(method).fit(values[~unseen], scores[~unseen])
        calibrated[unseen] = fitted.transform(values[unseen], scores[unseen])
    return calibrated


def _margin(scores: np.ndarray) -> np.ndarray:
    return scores[:, 0] - scores[:, 1]


def _checked_folds(model: str, prompts: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """Fold of each pair of a model, with enough pairs outside every fold to fit a curve to."""
    try:
        fold = fold_of_rows(prompts, folds, seed)
    except ValueError as error:
        raise RewardDataError(f"model {model!r}: {error}") from None
    fewest = len(fold) - np.bincount(fold).max()
    if fewest < FEWEST_PAIRS:
        raise RewardDataError(
            f"model {model!r} has {len(fold)} pairs, of which {folds} folds leave {fewest} to fit a curve to; "
            f"at least {FEWEST_PAIRS} must be left."
        )
    return fold


def _long(pairs: pd.DataFrame, tables: list[tuple], methods: list[str]) -> pd.DataFrame:
    """One table from (rows of pairs, method, fit, margin) of each model."""
    rows = np.concatenate([rows for rows, *_ in tables])
    lengths = [len(rows) for rows, *_ in tables]
    long = pairs[["model", "pair_id", "prompt_id", "subset"]].iloc[rows].reset_index(drop=True)
    for column, position, names in (("method", 1, methods), ("fit", 2, FITS)):
        codes = [names.index(table[position]) for table in tables]
        long[column] = pd.Categorical.from_codes(np.repeat(codes, lengths), categories=names)
    long["margin"] = np.concatenate([margin for *_, margin in tables])
    return long.astype({"model": "category", "subset": "category"})
