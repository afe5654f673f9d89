"""Claims about the experts' outputs and activations (section 5.1, appendix H)."""

from collections.abc import Mapping, Sequence

import pandas as pd

from nbutils.moe.similarity.claims.layers import (
    FEWEST_LAYERS,
    INDEPENDENT,
    SIGNIFICANT,
    falls_with_depth_finding,
    last_layer_finding,
)
from nbutils.moe.similarity.claims.weights import ALIKE
from nbutils.moe.similarity.outputs import closer_to_one_another
from nbutils.moe.sums import Probe
from nbutils.statistics import above_null, mean_interval

OUTPUTS = "the experts' outputs"
# The paper finds 99.6 % for SiLU and 25.3 % for GELU: 90 % tells the two apart.
ALMOST_ALL = 0.9


def output_findings(
    by_layer: pd.DataFrame, probes: Mapping[str, Probe], models: Sequence[str], resamples: int = 1000, seed: int = 0
) -> list[dict[str, object]]:
    """Findings on how alike outputs are, for each model.

    Args:
        by_layer: rows of `output_similarity_by_layer`.
        probes: those behind it, by model name.
        models: those to judge, "" passed over.
        resamples: bootstrap samples over passages.
        seed: of the bootstrap.
    """
    asked = {model.strip() for model in models}
    findings = []
    for model, rows in by_layer[by_layer["measure"] == "cosine"].groupby("model", sort=False):
        if model not in asked:
            continue
        experts = rows[rows["pairs"] == "experts"].set_index("layer")
        layers = experts["value"].drop(-1)
        findings += [
            _alike(model, experts.loc[-1]),
            falls_with_depth_finding(model, layers, OUTPUTS, "yes, until the last layers (Mixtral)"),
            last_layer_finding(model, layers, OUTPUTS, "above .8 in the last layers (Mixtral)"),
        ]
        if (rows["pairs"] == "reference").any():
            findings.append(_reference(model, closer_to_one_another(probes[model], resamples, seed)))
    return findings


def _alike(model: str, mean: pd.Series) -> dict[str, object]:
    """Above `ALIKE`, and above outputs for different tokens, the cosine of outputs that always point the same way."""
    null = max(float(mean["shuffled"]), ALIKE)
    verdict, reason = above_null(mean["low"], null, int(mean["passages"]))
    return {
        "claim": f"{model}: {OUTPUTS} are alike for the same token",
        "quantity": "cosine of two experts' outputs, mean over pairs, tokens and layers",
        "unit": "cosine",
        "paper": "high (Mixtral, Grok)",
        "measured": float(mean["value"]),
        "interval": (float(mean["low"]), float(mean["high"])),
        "null": null,
        "verdict": verdict,
        "reason": f"{reason}: the larger of {mean['shuffled']:.3g} for different tokens and {ALIKE:g}, which counts as "
        "alike for weights too",
        "n": int(mean["passages"]),
    }


def _reference(model: str, difference: dict[str, float]) -> dict[str, object]:
    verdict, reason = above_null(difference["low"], 0.0, difference["passages"])
    return {
        "claim": f"{model}: experts put out what is closer to one another than to the dense model's output",
        "quantity": "cosine of two experts' outputs minus that with the dense layer's on the same input",
        "unit": "cosine",
        "paper": "yes (Mixtral and Mistral, each on its own input)",
        "measured": difference["value"],
        "interval": (difference["low"], difference["high"]),
        "null": 0.0,
        "verdict": verdict,
        "reason": reason,
        "n": difference["passages"],
    }


def weights_and_outputs_finding(model: str, regression: pd.DataFrame) -> dict[str, object]:
    """The claim that experts with similar weights have similar outputs.

    It holds when the mean r is larger than for relabelled experts, all layers at once.

    Args:
        model: its name.
        regression: rows of `output_regression` of the model.
    """
    mean = regression[regression["layer"] == -1].iloc[0]
    layers = regression[regression["layer"] >= 0].dropna(subset="r")
    finding = {
        "claim": f"{model}: experts with similar weights have similar outputs",
        "quantity": "Pearson correlation over pairs of experts of matrix and output cosine, mean over layers",
        "unit": "correlation",
        "paper": "yes (Mixtral, DeepSeek); weights unlike and outputs alike (Grok)",
        "measured": None,
        "interval": None,
        "null": 0.0,
        "verdict": "not testable here",
        "reason": f"{len(layers)} layers with a correlation are too few; {FEWEST_LAYERS} are needed",
        "n": len(layers),
    }
    if len(layers) < FEWEST_LAYERS:
        return finding
    return finding | {
        "measured": float(mean["r"]),
        "interval": mean_interval(layers["r"].to_numpy()),
        "verdict": "holds" if mean["p_value"] < SIGNIFICANT else "fails",
        "reason": f"p = {mean['p_value']:.2g} with experts relabelled in all layers; positive in "
        f"{(layers['r'] > 0).sum()} of {len(layers)} layers; {INDEPENDENT} for the interval",
    }


def activation_finding(model: str, shares: pd.DataFrame) -> dict[str, object]:
    """The claim that almost all activated gates exceed .001 in size, which holds above 90 %.

    Args:
        model: its name.
        shares: rows of `gate_activations` of the model.
    """
    mean = shares[shares["layer"] == -1].iloc[0]
    verdict, reason = above_null(mean["low"], ALMOST_ALL, int(mean["passages"]))
    layers = shares[shares["layer"] >= 0]["share"]
    return {
        "claim": f"{model}: almost all neurons answer to a token",
        "quantity": "share of |activated gate| above .001, mean over experts, tokens and layers",
        "unit": "share of neurons",
        "paper": "99.6 % (Mixtral); 99.7 % (DeepSeek); 25.3 % (Grok, GELU)",
        "measured": float(mean["share"]),
        "interval": (float(mean["low"]), float(mean["high"])),
        "null": ALMOST_ALL,
        "verdict": verdict,
        "reason": f"{reason}; {layers.min():.1%} to {layers.max():.1%} by layer; {ALMOST_ALL:.0%} tells the "
        "paper's two kinds apart",
        "n": int(mean["passages"]),
    }


def missing_activation_finding(model: str, why: str) -> dict[str, object]:
    """The same claim for a model whose experts cannot be asked."""
    return {
        "claim": f"{model}: almost all neurons answer to a token",
        "quantity": "share of |activated gate| above .001, mean over experts, tokens and layers",
        "verdict": "not testable here",
        "reason": why,
    }
