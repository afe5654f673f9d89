"""Claims about router embeddings and neurons (section 4.3, table 3)."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from nbutils.moe.similarity.claims.layers import FEWEST_LAYERS, INDEPENDENT, SIGNIFICANT, mean_finding
from nbutils.moe.similarity.members import PROJECTIONS
from nbutils.statistics import mean_interval

NO_R_SQUARED = "no layer has an R^2: two experts make one pair, and constant similarities have no slope"


def router_findings(regression: pd.DataFrame, models: Sequence[str]) -> list[dict[str, object]]:
    """Findings on router embeddings and neurons, for each model whose experts have a gate projection.

    Args:
        regression: rows of `router_regression`, with a column `model`.
        models: those to judge, "" passed over.
    """
    asked = {model.strip() for model in models}
    findings = []
    for model, rows in regression.groupby("model", sort=False):
        if model in asked and (rows["projection"] == "gate").any():
            findings += [_goes_with_gate(model, rows[rows["projection"] == "gate"]), _gate_above_others(model, rows)]
    return findings


def _goes_with_gate(model: str, rows: pd.DataFrame) -> dict[str, object]:
    """Holds when the mean r is larger than for relabelled experts, all layers at once; the paper reports R^2."""
    layers, mean = rows[rows["layer"] >= 0].dropna(subset="r_squared"), rows[rows["layer"] == -1].iloc[0]
    finding = {
        "claim": f"{model}: similar router embeddings go with similar gate neurons",
        "quantity": "R^2 over pairs of experts of router and mean gate neuron cosine, mean over layers",
        "unit": "share of variance",
        "paper": ".33 (Mixtral); .40 (DeepSeek); .15 (Grok)",
        "measured": None,
        "interval": None,
        "null": None,
        "verdict": "not testable here",
        "reason": NO_R_SQUARED if layers.empty else f"{len(layers)} layers are too few; {FEWEST_LAYERS} are needed",
        "n": len(layers),
    }
    if len(layers) < FEWEST_LAYERS:
        return finding
    positive = (layers["r"] > 0).sum()
    return finding | {
        "measured": float(mean["r_squared"]),
        "interval": mean_interval(layers["r_squared"].to_numpy()),
        "null": float(mean["null_r_squared"]),
        "verdict": "holds" if mean["p_value"] < SIGNIFICANT else "fails",
        "reason": f"mean r = {mean['r']:.2g}, p = {mean['p_value']:.2g} with experts relabelled in all layers; "
        f"positive in {positive} of {len(layers)} layers; independent pairs: {mean['noise_floor']:.2g}; {INDEPENDENT}",
    }


def _gate_above_others(model: str, rows: pd.DataFrame) -> dict[str, object]:
    """Holds when R^2 of the gate is larger than that of up and than that of down; the closer one is reported."""
    by_layer = rows[rows["layer"] >= 0].pivot(index="layer", columns="projection", values="r_squared")
    means = ", ".join(f"{name} {by_layer[name].mean():.2g}" for name in PROJECTIONS)
    findings = [
        mean_finding(
            model,
            "router embeddings go with gate neurons more closely than with those of up and down",
            by_layer["gate"] - by_layer[other],
            quantity=f"R^2 with the gate minus R^2 with {other}, the closer of the two",
            unit="share of variance",
            paper=".33 against .06 and .07 (Mixtral); .40, .00, .00 (DeepSeek); .15, .04, .04 (Grok)",
            reason=means,
        )
        for other in ("up", "down")
    ]
    return min(findings, key=lambda finding: finding["interval"][0] if finding["interval"] else -np.inf)
