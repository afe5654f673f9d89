"""How much the two settings of RC-LWR matter: the smoothness of the curve and how much of it is subtracted."""

from collections.abc import Sequence

import pandas as pd

from nbutils.reward.calibrators import Lowess, choose_frac
from nbutils.reward.calibrators.bandwidth import CANDIDATES
from nbutils.reward.cross_fitting import CROSS_FITTED, cross_fitted_margins, pair_arrays
from nbutils.reward.overall_gains import overall_gains

ALPHAS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5)


def gains_by_setting(
    pairs: pd.DataFrame,
    characteristics: Sequence[str],
    *,
    frac: float = 0.5,
    alpha: float = 1.0,
    folds: int = 5,
    resamples: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """Cross-fitted gain at values of `frac` (with the given `alpha`) and of `alpha` (with the given `frac`).

    Args:
        pairs: as for `cross_fitted_margins`.
        characteristics: what is removed.
        frac: see above.
        alpha: see above.
        folds: as for `cross_fitted_margins`.
        resamples: bootstrap samples over prompts.
        seed: of folds and bootstrap.

    Returns:
        One row per setting and value: `setting` ("frac", "alpha"), `value`, `gain`, `low`, `high` (as `overall_gains`),
        `models`, and for "frac" `excess` (squared error of held-out scores above that of the best value, in % of it,
        mean over models) and `chosen` (models whose held-out scores it predicts best).
    """
    settings = {("frac", value): Lowess(frac=value, alpha=alpha) for value in CANDIDATES}
    settings |= {("alpha", value): Lowess(frac=frac, alpha=value) for value in ALPHAS}
    names = {f"{setting} {value}": (setting, value) for setting, value in settings}
    methods = dict(zip(names, settings.values(), strict=True))
    margins = cross_fitted_margins(pairs, methods, characteristics, folds=folds, seed=seed)
    kept = margins[(margins["fit"] == CROSS_FITTED) | (margins["method"] == "none")]
    gain = overall_gains(kept, resamples, seed)
    keys = gain["method"].map(names.get)
    gain = gain.assign(setting=[setting for setting, _ in keys], value=[value for _, value in keys])
    errors = _errors_by_frac(pairs, characteristics, folds, seed)
    table = gain.merge(errors, on=["setting", "value"], how="left")
    return table[["setting", "value", "gain", "low", "high", "models", "excess", "chosen"]]


def _errors_by_frac(pairs: pd.DataFrame, characteristics: Sequence[str], folds: int, seed: int) -> pd.DataFrame:
    """`excess` and `chosen` by value of `frac`."""
    values, scores = pair_arrays(pairs, characteristics)
    prompts = pairs["prompt_id"].to_numpy()
    tables = [
        choose_frac(values[rows], scores[rows], prompts[rows], folds=folds, seed=seed)
        for rows in pairs.groupby("model", sort=False, observed=True).indices.values()
    ]
    together = pd.concat(table.assign(excess=100 * table["excess"] / table["error"].min()) for table in tables)
    means = together.groupby("frac", as_index=False, sort=False).agg(
        excess=("excess", "mean"), chosen=("chosen", "sum")
    )
    return means.rename(columns={"frac": "value"}).assign(setting="frac")
