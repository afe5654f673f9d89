"""Claims about weight matrices: their similarity, the dense model beside them, the course with depth (section 4.1)."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from nbutils.moe.similarity.claims.layers import (
    difference_finding,
    falls_with_depth_finding,
    last_layer_finding,
    mean_finding,
)
from nbutils.moe.similarity.depth import similarity_by_layer
from nbutils.moe.similarity.members import REFERENCE
from nbutils.statistics import mean_interval

# Half of the lowest cosine between experts that the paper shows for Mixtral. Its contrast is .3 against 0, and among
# millions of weights a cosine of .003 is already larger than chance.
ALIKE = 0.1
WHY_BAR = f"{ALIKE:g} is half of the lowest cosine that the paper shows for Mixtral"
# The two embedded models stand for the two kinds that the paper sets against each other.
PAPERS_CONTRAST = ("moe-upcycled", "moe-scratch")
MATRICES = "the experts' weight matrices"


def weight_findings(similarity: pd.DataFrame, models: Sequence[str]) -> list[dict[str, object]]:
    """Findings on the experts' weights, for each model and for the contrast of the first two.

    Args:
        similarity: rows of `weight_similarity`, with a column `model`.
        models: those to judge, "" passed over.
    """
    by_layer = similarity_by_layer(similarity)
    models = [name for name in by_layer["model"].unique() if name in {model.strip() for model in models}]
    findings = []
    for model in models:
        rows = by_layer[by_layer["model"] == model]
        findings += [_alike(model, rows), *_depth(model, rows)]
        if rows[REFERENCE].notna().any():
            findings += _reference(model, rows)
    if len(models) > 1:
        findings.append(_contrast(*models[:2], by_layer))
    return findings


def _alike(model: str, rows: pd.DataFrame) -> dict[str, object]:
    return mean_finding(
        model,
        f"{MATRICES} are alike",
        _matrices(rows, "mean"),
        quantity="cosine of two experts' matrices, mean over pairs and projections",
        unit="cosine",
        paper=".2 to .4 (Mixtral); about 0 (DeepSeek, Grok)",
        bar=ALIKE,
        reason=WHY_BAR,
    )


def _contrast(first: str, second: str, by_layer: pd.DataFrame) -> dict[str, object]:
    one, two = (_matrices(by_layer[by_layer["model"] == model], "mean") for model in (first, second))
    return difference_finding(
        second,
        first,
        f"its experts' weight matrices are more alike than those of {second}",
        (two, one),
        quantity="cosine of two experts' matrices, mean over pairs and projections",
        unit="cosine",
        paper=".3 (Mixtral) against 0 (DeepSeek)" if (first, second) == PAPERS_CONTRAST else None,
        bar=ALIKE,
        reason=WHY_BAR,
    )


def _depth(model: str, rows: pd.DataFrame) -> list[dict[str, object]]:
    values = _matrices(rows, "mean")
    return [falls_with_depth_finding(model, values, MATRICES), last_layer_finding(model, values, MATRICES)]


def _reference(model: str, rows: pd.DataFrame) -> list[dict[str, object]]:
    """Experts against the dense model: closer than one another in their matrices, not in their mean gate neurons."""
    within, across = _matrices(rows, "mean"), _matrices(rows, REFERENCE)
    closer = mean_finding(
        model,
        "experts are closer to the dense model than to one another",
        across - within,
        quantity="cosine of an expert's matrices with the dense model's minus that with another expert's",
        unit="cosine",
        paper=".6 against .3 (Mixtral and Mistral)",
        reason=f"{across.mean():.3g} against {within.mean():.3g}; one parent plus independent changes gives "
        f"{np.sqrt(within.clip(lower=0)).mean():.3g}",
    )
    gate = rows[rows["projection"] == "gate"].set_index("layer")
    matrix, averaged = (gate[gate["level"] == level] for level in ("matrix", "averaged"))
    turned = mean_finding(
        model,
        "after averaging the gate's neurons, experts are closer to one another than to the dense model",
        averaged["mean"] - averaged[REFERENCE],
        quantity="cosine of two experts' mean gate neurons minus that with the dense model's",
        unit="cosine",
        paper="yes (Mixtral and Mistral)",
        reason=f"{averaged['mean'].mean():.3g} against {averaged[REFERENCE].mean():.3g}",
    )
    if across.isna().all():
        other_size = {"verdict": "not testable here", "reason": "the dense model has another number of neurons"}
        return [closer | other_size, turned | other_size]
    order = (matrix[REFERENCE] - matrix["mean"]).dropna()
    if turned["verdict"] == "holds" and mean_interval(order.to_numpy())[0] <= 0:
        turned |= {"verdict": "fails", "reason": "the gate's matrices show no order that could turn"}
    return [closer, turned]


def _matrices(rows: pd.DataFrame, column: str) -> pd.Series:
    """One model's values by layer, means over the projections of whole matrices."""
    return rows[rows["level"] == "matrix"].groupby("layer")[column].mean()
