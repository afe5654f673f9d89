"""SIMULATION: what a calibration does where the label and the length go together, and whether the warning says so."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from nbutils.reward.calibrators import Calibrator
from nbutils.reward.confounding import confounding
from nbutils.reward.cross_fitting import calibrated_pairs
from nbutils.reward.simulated import simulated_models, simulated_pairs
from nbutils.statistics import mean_interval

ASSOCIATIONS = (-1.5, -0.8, -0.4, 0.0, 0.4, 0.8, 1.5)
BIASED, UNBIASED = "models with a planted bias", "models without a bias"
CALIBRATED, EXACT = "calibrated", "the planted bias itself subtracted"


def gains_by_association(
    method: Calibrator,
    associations: Sequence[float] = ASSOCIATIONS,
    *,
    samples: int = 12,
    models: int = 6,
    pairs: int = 600,
    folds: int = 5,
    seed: int = 0,
) -> pd.DataFrame:
    """Gain in accuracy over simulated models, by how often the chosen response is the longer one.

    Args:
        method: a calibrator of lengths, cross-fitted.
        associations: as for `simulated_pairs`.
        samples: simulations at each association, at least 2.
        models: simulated models of each; of six, five have a bias.
        pairs: pairs of each.
        folds: as for `cross_fitted_margins`.
        seed: of the simulations.

    Returns:
        Three rows for each association, one for each of (models with a planted bias, calibrated), (the same, with the
        planted bias itself subtracted) and (models without a bias, calibrated): `association`, `models`, `subtracted`,
        `share` (of pairs whose chosen response is the longer one), `gain` (percentage points of accuracy, mean over
        models and samples), `low` and `high` (95 %, Student's t over samples), `null` (0), `warned` (share of samples
        in which `confounding` warns of all pairs), `samples`.
    """
    rows = []
    for association in associations:
        found = pd.DataFrame(
            _sample(method, association, models, pairs, folds, seed + 7919 * number) for number in range(samples)
        )
        at = {"association": association, "share": found["share"].mean(), "warned": found["warned"].mean()}
        for key in [(BIASED, CALIBRATED), (BIASED, EXACT), (UNBIASED, CALIBRATED)]:
            low, high = mean_interval(found[key].to_numpy())
            named = dict(zip(("models", "subtracted"), key, strict=True))
            rows.append(at | named | {"gain": found[key].mean(), "low": low, "high": high, "null": 0.0})
    columns = ["association", "models", "subtracted", "share", "gain", "low", "high", "null", "warned"]
    return pd.DataFrame(rows, columns=columns).assign(samples=samples)


def _sample(method: Calibrator, association: float, models: int, pairs: int, folds: int, seed: int) -> dict:
    """Gains of one simulation, the share of longer chosen responses, and whether the warning fired."""
    table = simulated_pairs(models, pairs, seed, association=association)
    made = simulated_models(models, seed)
    biased = table["model"].isin(made.loc[made["shape"] != "none", "model"]).to_numpy()
    before = (table["chosen_score"] - table["rejected_score"]).to_numpy()
    after = calibrated_pairs(table, method, ["chars"], folds=folds, seed=seed)
    after = (after["chosen_score"] - after["rejected_score"]).to_numpy()
    exact = (table["chosen_true"] - table["rejected_true"]).to_numpy()
    told = confounding(table).set_index("subset").loc["all"]
    return {
        "share": told["share"],
        "warned": told["confounded"],
        (BIASED, CALIBRATED): _gain(before[biased], after[biased]),
        (BIASED, EXACT): _gain(before[biased], exact[biased]),
        (UNBIASED, CALIBRATED): _gain(before[~biased], after[~biased]),
    }


def _gain(before: np.ndarray, after: np.ndarray) -> float:
    return float(100 * ((after > 0).mean() - (before > 0).mean()))
