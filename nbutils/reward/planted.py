"""SIMULATION: the bias that was planted, beside the bias that a calibration found and took away."""

import pandas as pd

from nbutils.reward.bias_curves import bias_curves
from nbutils.reward.calibrators import Calibrator
from nbutils.reward.cross_fitting import UNCALIBRATED
from nbutils.reward.simulated import planted_bias, simulated_models


def planted_curves(
    pairs: pd.DataFrame, method: Calibrator, models: int, *, most: int = 12, resamples: int = 50, seed: int = 0
) -> pd.DataFrame:
    """Fitted curves of the first simulated models with the planted ones.

    Args:
        pairs: of `simulated_pairs`.
        method: a calibrator of lengths.
        models: number of simulated models, as given to `simulated_pairs`.
        most: number of models to tell of.
        resamples: bootstrap samples over prompts, for the bands.
        seed: as given to `simulated_pairs`; of the bootstrap too.

    Returns:
        The columns of `bias_curves`, `shape`, and `planted` (score units; 0 on average over the responses of the model,
        as fitted curves are).
    """
    made = simulated_models(models, seed).head(most).set_index("model")
    level = pairs.groupby("model", observed=True)[["chosen_bias", "rejected_bias"]].mean().mean(axis=1)
    curves = bias_curves(pairs[pairs["model"].isin(made.index)], method, ["chars"], resamples=resamples, seed=seed)
    parts = []
    for model, rows in curves.groupby("model", sort=False, observed=True):
        shape, strength = made.loc[model, ["shape", "strength"]]
        planted = planted_bias(shape, strength, rows["value"].to_numpy()) - level[model]
        parts.append(rows.assign(shape=shape, planted=planted))
    return pd.concat(parts, ignore_index=True)


def recovered_bias(pairs: pd.DataFrame, margins: pd.DataFrame, method: str, fit: str) -> pd.DataFrame:
    """How much of what the planted bias adds to the margins is gone.

    Args:
        pairs: of `simulated_pairs`.
        margins: of `cross_fitted_margins` of the same pairs.
        method: one of its methods.
        fit: one of its fits.

    Returns:
        One row per model: `model`, `planted` (mean square of the bias in the margins) and `left` (mean square of that
        bias less what the method subtracted), both as shares of the mean square of the model's margins.
    """
    key = ["model", "pair_id"]
    planted = pairs.set_index(key)
    before, after = (
        margins[(margins["method"] == name) & (margins["fit"] == of)].set_index(key)["margin"].reindex(planted.index)
        for name, of in ((UNCALIBRATED, "in-sample"), (method, fit))
    )
    bias = planted["chosen_bias"] - planted["rejected_bias"]
    squares = pd.DataFrame({"planted": bias**2, "left": (bias - (before - after)) ** 2, "margin": before**2})
    means = squares.groupby("model", observed=True, sort=False).mean()
    return means[["planted", "left"]].div(means["margin"], axis=0).reset_index()
