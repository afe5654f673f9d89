"""Whether experts that are alike in one way are alike in another: regression over pairs, tested by relabelling experts.

Router embeddings against neurons are Lo et al., section 4.3 and table 3; weights against outputs are section 5.1.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from nbutils.moe.similarity.members import PROJECTIONS

COLUMNS = ["layer", "pairs", "r", "slope", "r_squared", "null_r_squared", "p_value", "noise_floor"]
# Cosines come from float32 weights: those that differ by less than this are equal, and no R^2 as close is larger.
ROUNDING = 1e-7
# Relabellings that are evaluated at a time, times pairs.
BATCH = 2**22


def router_regression(similarity: pd.DataFrame, permutations: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Linear regression, over pairs of experts, of the similarity of mean neurons on that of router embeddings.

    Pairs share experts and are not independent, so r is compared with what it becomes when the experts of the router
    are relabelled at random (Mantel's test): in each layer and, for the mean over layers, in all layers at once.

    Args:
        similarity: rows of `router_similarity` of one model.
        permutations: relabellings.
        seed: of the relabellings.

    Returns:
        One row per projection and layer: `projection`, `layer` (-1: mean over layers), `pairs`, `r`, `slope`,
        `r_squared`, `null_r_squared` (mean over relabellings), `p_value` (one-sided: of an r as large),
        `noise_floor` (the mean R^2 of independent normal values, 1 / (pairs - 1)). All but `pairs` are missing where
        similarities are constant, as for two experts.
    """
    known = [name for name in PROJECTIONS if similarity[name].notna().any()]
    return _regressions(similarity, "router", known, "projection", permutations, seed)


def output_regression(
    weights: pd.DataFrame, outputs: pd.DataFrame, permutations: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """Linear regression, over pairs of experts, of the similarity of their outputs on that of their weights.

    Args:
        weights: rows of `weight_similarity`, with a column `model`; cosines are averaged over projections.
        outputs: rows of `output_similarity`.
        permutations: relabellings, as in `router_regression`.
        seed: of the relabellings.

    Returns:
        One row per model, `level` ("matrix" or "averaged") and layer, with the columns of `router_regression`. None
        for a model whose outputs were not compared.
    """
    if outputs.empty:
        return pd.DataFrame(columns=["model", "level", *COLUMNS])
    tables = []
    for model, rows in weights_beside_outputs(weights, outputs).groupby("model", sort=False):
        tables.append(_regressions(rows, "output", ["matrix", "averaged"], "level", permutations, seed))
        tables[-1].insert(0, "model", model)
    return pd.concat(tables, ignore_index=True)


def weights_beside_outputs(weights: pd.DataFrame, outputs: pd.DataFrame) -> pd.DataFrame:
    """Pairs of experts with the cosines of their weights, means over projections, and of their outputs.

    Returns:
        `model`, `layer`, `first`, `second`, `matrix` and `averaged` (weights), `output`.
    """
    keys = ["model", "layer", "first", "second"]
    levels = weights.groupby([*keys, "level"], sort=False)["cosine"].mean().unstack("level").reset_index()
    pairs = levels.merge(outputs[[*keys, "cosine"]].rename(columns={"cosine": "output"}), on=keys)
    return pairs[pairs["second"].str.isdecimal()]


def _regressions(
    pairs: pd.DataFrame, relabelled: str, others: Sequence[str], key: str, permutations: int, seed: int
) -> pd.DataFrame:
    """Regressions of each of the columns `others`, named in the column `key` of the result, on `relabelled`."""
    generator = np.random.default_rng(seed)
    fits = {layer: _fit(rows, relabelled, others, permutations, generator) for layer, rows in pairs.groupby("layer")}
    rows = []
    for i, other in enumerate(others):
        by_layer = [
            {"layer": layer, "slope": slope[i]} | _tested(r[i], r[i] ** 2, null[i], (null[i] ** 2).mean(), pairs)
            for layer, (pairs, r, slope, null) in fits.items()
        ]
        overall = _over_layers(pd.DataFrame(by_layer), np.stack([fit[3][i] for fit in fits.values()]))
        rows += [row | {key: other} for row in (*by_layer, overall)]
    return pd.DataFrame(rows, columns=[key, *COLUMNS])


def _fit(
    rows: pd.DataFrame, relabelled: str, others: Sequence[str], permutations: int, generator: np.random.Generator
) -> tuple[int, np.ndarray, np.ndarray, np.ndarray]:
    """Pairs, r [P], slope [P] and r with experts relabelled [P, permutations] of one layer, for P other columns."""
    first, second = rows["first"].astype(int).to_numpy(), rows["second"].astype(int).to_numpy()
    experts, pairs = int(second.max()) + 1, len(rows)
    one, one_sd = _standardised(rows[[relabelled]].to_numpy())
    other, other_sd = _standardised(rows[list(others)].to_numpy())
    place = np.zeros((experts, experts), int)
    place[first, second] = place[second, first] = np.arange(pairs)
    null = np.empty((permutations, len(others)))
    step = max(1, BATCH // pairs)
    for start in range(0, permutations, step):
        few = min(step, permutations - start)
        labels = generator.permuted(np.tile(np.arange(experts), (few, 1)), axis=1)
        null[start : start + few] = one[:, 0][place[labels[:, first], labels[:, second]]] @ other / pairs
    r = one[:, 0] @ other / pairs
    return pairs, r, r * other_sd / one_sd, null.T


def _standardised(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Columns with mean 0 and standard deviation 1, and the deviations; missing where a column is constant."""
    deviation = values.std(axis=0)
    deviation = np.where(deviation > ROUNDING, deviation, np.nan)
    return (values - values.mean(axis=0)) / deviation, deviation


def _tested(r: float, r_squared: float, null: np.ndarray, null_r_squared: float, pairs: int) -> dict[str, float]:
    """Correlation and R^2 beside what relabelled experts give."""
    missing = np.isnan(r)
    larger = int((null >= r - ROUNDING).sum())
    return {
        "pairs": pairs,
        "r": r,
        "r_squared": r_squared,
        "null_r_squared": null_r_squared,
        "p_value": np.nan if missing else (1 + larger) / (1 + len(null)),
        "noise_floor": np.nan if missing else 1 / (pairs - 1),
    }


def _over_layers(by_layer: pd.DataFrame, nulls: np.ndarray) -> dict[str, float]:
    """The row of the mean over the layers that have an R^2; `nulls` [layers, permutations] of r."""
    testable = by_layer["r_squared"].notna().to_numpy()
    means = by_layer[["r", "slope", "r_squared", "null_r_squared", "noise_floor"]].mean().to_dict()
    null = nulls[testable].mean(axis=0) if testable.any() else np.full(nulls.shape[1], np.nan)
    tested = _tested(means["r"], means["r_squared"], null, means["null_r_squared"], int(by_layer["pairs"].sum()))
    return {"layer": -1} | tested | means
