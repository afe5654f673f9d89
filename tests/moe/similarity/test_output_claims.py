import numpy as np
import pandas as pd
import pytest

from nbutils.moe.similarity.claims.outputs import (
    activation_finding,
    missing_activation_finding,
    output_findings,
    weights_and_outputs_finding,
)
from nbutils.moe.similarity.outputs import output_similarity_by_layer
from nbutils.suite.findings import finding_record
from tests.moe.similarity.test_outputs import compared


def findings_of(probe, models=("m",)):
    found = output_findings(output_similarity_by_layer({"m": probe}, 200), {"m": probe}, models, 200)
    return {finding["claim"].partition(": ")[2]: finding_record(finding) for finding in found}


SAME_TOKEN = "the experts' outputs are alike for the same token"
REFERENCE = "experts put out what is closer to one another than to the dense model's output"


@pytest.mark.parametrize(
    ("options", "claim", "verdict"),
    [
        ({}, SAME_TOKEN, "holds"),
        ({"among": 0.05}, SAME_TOKEN, "fails"),  # above different tokens, but hardly alike
        ({"groups": 10}, SAME_TOKEN, "not testable here"),
        ({}, REFERENCE, "holds"),
        ({"among": 0.1}, REFERENCE, "fails"),
        ({"groups": 10}, REFERENCE, "not testable here"),
    ],
)
def test_output_claims(options, claim, verdict):
    assert findings_of(compared(**options))[claim]["verdict"] == verdict


def test_depth_and_the_last_layer_are_judged_from_the_layers():
    probe = compared(layers=8, spread=0.0)
    course = np.array([0.9, 0.82, 0.7, 0.63, 0.5, 0.42, 0.3, 0.95])
    probe.outputs.cosine_by_group[..., 0] = probe.tokens[:, None] * course

    found = findings_of(probe)

    assert found["the last layer stands out in the similarity of the experts' outputs"]["verdict"] == "holds"
    assert found["the similarity of the experts' outputs falls with depth"]["verdict"] == "fails"
    probe.outputs.cosine_by_group[..., 0] = probe.tokens[:, None] * np.array([*course[:7], 0.2])
    found = findings_of(probe)
    assert found["the last layer stands out in the similarity of the experts' outputs"]["verdict"] == "fails"
    assert found["the similarity of the experts' outputs falls with depth"]["verdict"] == "holds"


def test_without_a_reference_nothing_is_said_of_one_and_others_are_not_judged():
    assert REFERENCE not in findings_of(compared(reference=False))
    assert findings_of(compared(), models=("", "other")) == {}


def regression(r, p_value, layers=6):
    rows = pd.DataFrame({"layer": range(layers), "r": r + 0.01 * np.arange(layers), "p_value": p_value})
    mean = pd.DataFrame({"layer": [-1], "r": [rows["r"].mean()], "p_value": [p_value]})
    return pd.concat([rows, mean], ignore_index=True)


@pytest.mark.parametrize(
    ("table", "verdict"),
    [
        (regression(0.5, 0.001), "holds"),
        (regression(0.5, 0.2), "fails"),
        (regression(-0.5, 0.99), "fails"),  # unlike weights, like outputs
        (regression(0.5, 0.001, layers=3), "not testable here"),
    ],
)
def test_similar_weights_and_similar_outputs(table, verdict):
    assert finding_record(weights_and_outputs_finding("m", table))["verdict"] == verdict


@pytest.mark.parametrize(
    ("low", "passages", "verdict"),
    [(0.95, 50, "holds"), (0.5, 50, "fails"), (0.95, 10, "not testable here")],
)
def test_almost_all_neurons_answer(low, passages, verdict):
    shares = pd.DataFrame({"layer": [0, 1, -1], "share": low + 0.01, "low": low, "high": low + 0.02})

    finding = finding_record(activation_finding("m", shares.assign(passages=passages)))

    assert finding["verdict"] == verdict


def test_a_model_that_hides_its_gates_is_not_testable():
    assert finding_record(missing_activation_finding("m", "because"))["reason"] == "because"
