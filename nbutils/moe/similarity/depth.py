"""How similarity changes from the first layer to the last."""

import numpy as np
import pandas as pd
from scipy.stats import t

from nbutils.moe.similarity.members import REFERENCE, SHARED

FEWEST_LAYERS_FOR_OUTLIER = 6


def similarity_by_layer(similarity: pd.DataFrame) -> pd.DataFrame:
    """Means over pairs of members in each layer.

    Args:
        similarity: columns `layer`, `first`, `second` and `cosine`, and any of `model`, `level` and `projection`, which
            stay apart. Any other table of similar pairs, such as of outputs, does as well.

    Returns:
        One row per layer of each `model`, `level` and `projection`: those columns, `layer`, `pairs` (of experts),
        `mean` and `sd` of their cosines, `shared` and `reference` (mean cosine of the experts with the shared expert
        and with the dense model; missing without one).
    """
    keys = [name for name in ("model", "level", "projection") if name in similarity] + ["layer"]
    kind = similarity["second"].where(similarity["second"].isin([SHARED, REFERENCE]), "experts")
    kind = kind.mask(similarity["first"] == SHARED)  # shared against reference is neither
    groups = similarity.assign(kind=kind).groupby([*keys, "kind"], sort=False)["cosine"]
    means = groups.mean().unstack("kind").reindex(columns=["experts", SHARED, REFERENCE])
    spread = groups.agg(["count", "std"]).xs("experts", level="kind")
    table = spread.rename(columns={"count": "pairs", "std": "sd"}).join(means.rename(columns={"experts": "mean"}))
    return table.reset_index()[[*keys, "pairs", "mean", "sd", SHARED, REFERENCE]]


def last_layer_outlier(values: pd.Series) -> dict[str, float]:
    """Whether the last layer departs from the straight line through the layers before it.

    The residual of the last value, against the line fitted to the others, divided by the standard error of predicting a
    new value: the externally studentised residual. It follows Student's t with n - 3 degrees of freedom when values
    scatter normally and independently about a line.

    Args:
        values: one value a layer, indexed by decoder layer.

    Returns:
        `value` of the last layer, `predicted` from the others, `studentised` residual, `p_value` (two-sided). The last
        three are NaN for fewer than six layers, and where the others lie exactly on a line.
    """
    values = values.sort_index()
    found = {"value": float(values.iloc[-1]), "predicted": np.nan, "studentised": np.nan, "p_value": np.nan}
    if len(values) < FEWEST_LAYERS_FOR_OUTLIER:
        return found
    depth, others = values.index.to_numpy(float), values.to_numpy(float)[:-1]
    before, last = depth[:-1], depth[-1]
    slope, intercept = np.polyfit(before, others, 1)
    freedom = len(others) - 2
    spread = np.sqrt(((others - intercept - slope * before) ** 2).sum() / freedom)
    leverage = 1 / len(others) + (last - before.mean()) ** 2 / ((before - before.mean()) ** 2).sum()
    predicted = intercept + slope * last
    residual, error = found["value"] - predicted, spread * np.sqrt(1 + leverage)
    if error <= 1e-12 * np.abs(values).max():
        return found
    return found | {
        "predicted": float(predicted),
        "studentised": float(residual / error),
        "p_value": float(2 * t.sf(abs(residual / error), freedom)),
    }
