import numpy as np
import pandas as pd
import pytest

from nbutils.moe.similarity import router_regression
from nbutils.moe.similarity.claims import (
    difference_finding,
    falls_with_depth_finding,
    last_layer_finding,
    matching_findings,
    mean_finding,
    router_findings,
    weight_findings,
)
from nbutils.suite.findings import finding_record
from tests.moe.similarity.test_router import pairs_with

HOLDS, FAILS, UNTESTED = "holds", "fails", "not testable here"


def similarity(model="m", layers=8, matrix=0.3, averaged=0.3, reference=None, averaged_reference=None, seed=0):
    """Pairs of three experts, and each with a dense model where `reference` is given, with a little noise."""
    generator = np.random.default_rng(seed)
    rows = []
    for level, mean, dense in (("matrix", matrix, reference), ("averaged", averaged, averaged_reference)):
        for layer in range(layers):
            at = mean[layer] if isinstance(mean, list) else mean
            pairs = {("0", "1"): at, ("0", "2"): at, ("1", "2"): at}
            if dense is not None:
                pairs |= {(name, "reference"): dense for name in "012"}
            for projection in ("gate", "up", "down"):
                for (first, second), value in pairs.items():
                    rows.append((model, level, layer, projection, first, second, value))
    table = pd.DataFrame(rows, columns=["model", "level", "layer", "projection", "first", "second", "cosine"])
    return table.assign(cosine=table["cosine"] + 0.01 * generator.standard_normal(len(table)))


def matched(layers=8, **values):
    """Rows of three pairs of experts and of one with the dense model, which the claims pass over."""
    generator = np.random.default_rng(0)
    row = (
        {"cosine_before": 0.01, "cosine_matched": 0.2, "neuron_cosine": 0.2, "null": 0.2}
        | {"null_gain": 0.2, "tau": 0.0}
        | values
    )
    frames = []
    for layer in range(layers):
        for projection in ("gate", "up", "down", "neuron"):
            pairs = pd.DataFrame({"first": ["0", "0", "1", "0"], "second": ["1", "2", "2", "reference"]})
            numbers = {name: value + 1e-3 * generator.standard_normal(4) for name, value in row.items()}
            pairs = pairs.assign(model="m", layer=layer, projection=projection, **numbers)
            pairs.loc[3, list(row)] = 9.0
            frames.append(pairs)
    return pd.concat(frames, ignore_index=True)


def regression(related=0.5, **kwargs):
    return router_regression(pairs_with(related, **kwargs), permutations=200).assign(model="m")


def verdicts(findings):
    for finding in findings:
        assert finding_record(finding)
        assert finding["claim"].startswith("m: ")
    return [finding["verdict"] for finding in findings]


ALIKE, FALLS, LAST, CLOSER, TURNS = range(5)


@pytest.mark.parametrize(
    ("number", "table", "verdict"),
    [
        (ALIKE, similarity(), HOLDS),
        (ALIKE, similarity(matrix=0.02), FAILS),  # larger than chance, and far from alike
        (ALIKE, similarity(matrix=0.0), FAILS),
        (ALIKE, similarity(layers=3), UNTESTED),
        (FALLS, similarity(matrix=[0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1]), HOLDS),
        (FALLS, similarity(matrix=[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]), FAILS),
        (FALLS, similarity(layers=3), UNTESTED),
        (LAST, similarity(matrix=[0.3] * 7 + [0.8]), HOLDS),
        (LAST, similarity(), FAILS),
        (LAST, similarity(layers=5), UNTESTED),
        (CLOSER, similarity(reference=0.6, averaged_reference=0.2), HOLDS),
        (CLOSER, similarity(reference=0.3, averaged_reference=0.2), FAILS),
        (CLOSER, similarity(layers=3, reference=0.6, averaged_reference=0.2), UNTESTED),
        (CLOSER, similarity(averaged_reference=0.2), UNTESTED),  # another number of neurons
        (TURNS, similarity(reference=0.6, averaged=0.7, averaged_reference=0.5), HOLDS),
        (TURNS, similarity(reference=0.6, averaged=0.5, averaged_reference=0.7), FAILS),
        (TURNS, similarity(reference=0.2, averaged=0.7, averaged_reference=0.5), FAILS),  # no order to turn
        (TURNS, similarity(layers=3, reference=0.6, averaged=0.7, averaged_reference=0.5), UNTESTED),
    ],
)
def test_claims_about_weights(number, table, verdict):
    findings = weight_findings(table, ["m"])

    assert verdicts(findings)[number] == verdict
    assert len(findings) == (5 if "reference" in set(table["second"]) else 3)


def test_the_contrast_compares_the_first_model_with_the_second():
    def contrast(first, second, **kwargs):
        table = pd.concat([similarity(first, **kwargs), similarity(second, matrix=0.0, **kwargs)])
        return weight_findings(table, [first, second, ""])[-1]

    finding = contrast("a", "b")
    assert finding["verdict"] == HOLDS
    assert finding["claim"] == "a: its experts' weight matrices are more alike than those of b"
    assert finding["measured"] == pytest.approx(0.3, abs=0.01)
    assert finding["paper"] is None
    assert contrast("moe-upcycled", "moe-scratch")["paper"] is not None
    assert contrast("a", "b", layers=3)["verdict"] == UNTESTED
    flat = pd.concat([similarity("a"), similarity("b", seed=1)])
    assert weight_findings(flat, ["a", "b"])[-1]["verdict"] == FAILS


def test_models_that_were_not_asked_for_are_not_judged():
    table = pd.concat([similarity("m"), similarity("control")])

    assert len(weight_findings(table, ["m", ""])) == 3
    assert matching_findings(matched().assign(model="control"), ["m"]) == []
    assert router_findings(regression().assign(model="control"), ["m"]) == []


ORDER, GAIN, ABOVE_NULL = range(3)


@pytest.mark.parametrize(
    ("number", "table", "verdict"),
    [
        (ORDER, matched(tau=0.75), HOLDS),
        (ORDER, matched(tau=-0.1), FAILS),
        (ORDER, matched(layers=3, tau=0.75), UNTESTED),
        (GAIN, matched(cosine_matched=0.5), HOLDS),
        (GAIN, matched(cosine_matched=0.205), FAILS),  # what an assignment gains anywhere
        (GAIN, matched(cosine_before=0.3, cosine_matched=0.302), FAILS),  # as Mixtral
        (GAIN, matched(layers=3, cosine_matched=0.5), UNTESTED),
        (ABOVE_NULL, matched(neuron_cosine=0.3), HOLDS),
        (ABOVE_NULL, matched(neuron_cosine=0.19), FAILS),
        (ABOVE_NULL, matched(layers=3, neuron_cosine=0.3), UNTESTED),
    ],
)
def test_claims_about_matched_neurons(number, table, verdict):
    assert verdicts(matching_findings(table, ["m"]))[number] == verdict


def test_the_growth_that_the_paper_reports_is_told():
    reason = matching_findings(matched(cosine_before=0.3, cosine_matched=0.36), ["m"])[GAIN]["reason"]

    assert "0.3 before, 0.36 after; independent ones gain 0.2; growth by 0.2 of" in reason


GOES_WITH, CLOSEST = range(2)


@pytest.mark.parametrize(
    ("number", "table", "verdict"),
    [
        (GOES_WITH, regression(), HOLDS),
        (GOES_WITH, regression(0.0), FAILS),
        (GOES_WITH, regression(0.5, slope=-1.0), FAILS),  # a large R^2 of the wrong sign
        (GOES_WITH, regression(layers=3), UNTESTED),
        (GOES_WITH, regression(experts=2), UNTESTED),
        (CLOSEST, regression(0.7), HOLDS),
        (CLOSEST, regression(0.0), FAILS),
        (CLOSEST, regression(layers=3), UNTESTED),
        (CLOSEST, regression(experts=2), UNTESTED),
    ],
)
def test_claims_about_the_router(number, table, verdict):
    assert verdicts(router_findings(table, ["m"]))[number] == verdict


def test_experts_without_a_gate_have_no_claims_about_it():
    assert router_findings(regression().query("projection != 'gate'"), ["m"]) == []


def test_missing_layers_are_passed_over_and_equal_ones_have_no_trend():
    values = pd.Series([0.5, np.nan, 0.5, 0.5, 0.5])

    finding = mean_finding("m", "is so", values, quantity="q", unit="u", paper=None)

    assert (finding["n"], finding["measured"], finding["interval"]) == (4, 0.5, (0.5, 0.5))
    assert finding["verdict"] == HOLDS
    flat = pd.Series([0.5] * 6)
    assert falls_with_depth_finding("m", flat, "outputs")["verdict"] == UNTESTED
    assert last_layer_finding("m", flat, "outputs")["verdict"] == UNTESTED
    assert "lie exactly on a line" in last_layer_finding("m", flat, "outputs")["reason"]


def test_false_positives_are_rare():
    """Each verdict under its null, with few layers, where the rules could go wrong most."""
    generator = np.random.default_rng(2)
    arguments = {"quantity": "q", "unit": "u", "paper": None}
    held = {"mean": 0, "difference": 0, "falls": 0, "last": 0}
    for _ in range(1000):
        one, two = (pd.Series(generator.standard_normal(6)) for _ in range(2))
        held["mean"] += mean_finding("m", "c", one, **arguments)["verdict"] == HOLDS
        held["difference"] += difference_finding("a", "m", "c", (one, two), **arguments)["verdict"] == HOLDS
        held["falls"] += falls_with_depth_finding("m", one, "x")["verdict"] == HOLDS
        held["last"] += last_layer_finding("m", one, "x")["verdict"] == HOLDS
    assert all(count <= 65 for count in held.values()), held
    assert held["mean"] >= 10
    assert held["last"] >= 30
