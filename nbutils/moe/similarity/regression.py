"""Whether experts whose router embeddings are alike have neurons that are alike (Lo et al., section 4.3, table 3)."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from nbutils.moe.similarity.members import PROJECTIONS

COLUMNS = ["projection", "layer", "pairs", "r", "slope", "r_squared", "null_r_squared", "p_value", "noise_floor"]
# Cosines come from float32 weights: those that differ by less than this are equal, and no R^2 as close is larger.
ROUNDING = 1e-7
# Relabellings that are evaluated at a time, times pairs.
BATCH = 2**22


def router_regression(similarity: pd.DataFrame, permutations: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Linear regression, over pairs of experts, of the similarity of mean neurons on that of router embeddings.

    Pairs share experts and are not independent, so R^2 is compared with what it becomes when the experts of the router
    are relabelled at random (Mantel's test): in each layer and, for the mean over layers, in all layers at once.

    Args:
        similarity: rows of `router_similarity` of one model.
        permutations: relabellings.
        seed: of the relabellings.

    Returns:
        One row per projection and layer: `projection`, `layer` (-1: mean over layers), `pairs`, `r`, `slope`,
        `r_squared`, `null_r_squared` (mean over relabellings), `p_value` (one-sided: of an R^2 as large),
        `noise_floor` (the mean R^2 of independent normal values, 1 / (pairs - 1)). All but `pairs` are missing where
        similarities are constant, as for two experts.
    """
    generator = np.random.default_rng(seed)
    projections = [name for name in PROJECTIONS if similarity[name].notna().any()]
    fits = {layer: _fit(rows, projections, permutations, generator) for layer, rows in similarity.groupby("layer")}
    rows = []
    for i, projection in enumerate(projections):
        by_layer = [
            {"layer": layer, "pairs": pairs, "r": r[i], "slope": slope[i]} | _tested(r[i] ** 2, null[i], pairs)
            for layer, (pairs, r, slope, null) in fits.items()
        ]
        overall = _over_layers(pd.DataFrame(by_layer), np.stack([fit[3][i] for fit in fits.values()]))
        rows += [row | {"projection": projection} for row in (*by_layer, overall)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _fit(
    rows: pd.DataFrame, projections: Sequence[str], permutations: int, generator: np.random.Generator
) -> tuple[int, np.ndarray, np.ndarray, np.ndarray]:
    """Pairs, r [P], slope [P] and R^2 of relabelled experts [P, permutations] of one layer."""
    first, second = rows["first"].astype(int).to_numpy(), rows["second"].astype(int).to_numpy()
    experts, pairs = int(second.max()) + 1, len(rows)
    router, router_sd = _standardised(rows[["router"]].to_numpy())
    neurons, neurons_sd = _standardised(rows[list(projections)].to_numpy())
    place = np.zeros((experts, experts), int)
    place[first, second] = place[second, first] = np.arange(pairs)
    null = np.empty((permutations, len(projections)))
    step = max(1, BATCH // pairs)
    for start in range(0, permutations, step):
        few = min(step, permutations - start)
        labels = generator.permuted(np.tile(np.arange(experts), (few, 1)), axis=1)
        null[start : start + few] = router[:, 0][place[labels[:, first], labels[:, second]]] @ neurons / pairs
    r = router[:, 0] @ neurons / pairs
    return pairs, r, r * neurons_sd / router_sd, null.T**2


def _standardised(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Columns with mean 0 and standard deviation 1, and the deviations; missing where a column is constant."""
    deviation = values.std(axis=0)
    deviation = np.where(deviation > ROUNDING, deviation, np.nan)
    return (values - values.mean(axis=0)) / deviation, deviation


def _tested(r_squared: float, null: np.ndarray, pairs: float) -> dict[str, float]:
    """R^2 beside what relabelled experts give."""
    missing = np.isnan(r_squared)
    larger = int((null >= r_squared - ROUNDING).sum())
    return {
        "r_squared": r_squared,
        "null_r_squared": null.mean(),
        "p_value": np.nan if missing else (1 + larger) / (1 + len(null)),
        "noise_floor": np.nan if missing else 1 / (pairs - 1),
    }


def _over_layers(by_layer: pd.DataFrame, nulls: np.ndarray) -> dict[str, float]:
    """The row of the mean over the layers that have an R^2; `nulls` [layers, permutations]."""
    testable = by_layer["r_squared"].notna().to_numpy()
    means = by_layer[["r", "slope", "r_squared", "noise_floor"]].mean().to_dict()
    null = nulls[testable].mean(axis=0) if testable.any() else np.full(nulls.shape[1], np.nan)
    tested = _tested(means["r_squared"], null, 2)
    return {"layer": -1, "pairs": int(by_layer["pairs"].sum())} | tested | means
