"""All findings of the notebook `expert_diversity`."""

from collections.abc import Sequence

import pandas as pd

from nbutils.moe.similarity.claims.matched import matching_findings
from nbutils.moe.similarity.claims.outputs import (
    activation_finding,
    missing_activation_finding,
    output_findings,
    weights_and_outputs_finding,
)
from nbutils.moe.similarity.claims.regressions import router_findings
from nbutils.moe.similarity.claims.weights import weight_findings
from nbutils.moe.similarity.measure import OutputTables, WeightTables
from nbutils.moe.similarity.outputs import output_similarity_by_layer


def expert_diversity(
    weights: WeightTables,
    outputs: OutputTables,
    regression: pd.DataFrame,
    models: Sequence[str],
    resamples: int = 1000,
    seed: int = 0,
) -> list[dict[str, object]]:
    """Findings of the notebook `expert_diversity`; those on outputs only where outputs were measured.

    Args:
        weights: of all models.
        outputs: of all models, or empty.
        regression: rows of `output_regression`.
        models: those to judge, "" passed over.
        resamples: bootstrap samples over passages.
        seed: of the bootstrap.
    """
    findings = [
        *weight_findings(weights.similarity, models),
        *matching_findings(weights.matching, models),
        *router_findings(weights.regression, models),
    ]
    if not outputs.probes:
        return findings
    by_layer = output_similarity_by_layer(outputs.probes, resamples, seed)
    findings += output_findings(by_layer, outputs.probes, models, resamples, seed)
    matrices = regression[regression["level"] == "matrix"]
    for model in outputs.probes:
        findings.append(weights_and_outputs_finding(model, matrices[matrices["model"] == model]))
        if model in outputs.hidden_gates:
            findings.append(missing_activation_finding(model, outputs.hidden_gates[model]))
        else:
            shares = outputs.activations
            findings.append(activation_finding(model, shares[shares["model"] == model]))
    return findings
