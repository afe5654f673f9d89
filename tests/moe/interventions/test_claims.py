import numpy as np
import pandas as pd
import pytest

from nbutils.moe.interventions.claims import (
    choice_finding,
    frequency_finding,
    interventions,
    random_pruning_finding,
    top_finding,
    voice_finding,
)
from nbutils.moe.interventions.knockout import KINDS
from nbutils.suite.findings import finding_record
from tests.moe.interventions.test_changes import made_losses
from tests.moe.interventions.test_pruning import made_pruning

HIGH, LOW, ZERO = (0.2, 0.1, 0.3), (-0.2, -0.3, -0.1), (0.01, -0.1, 0.1)


def rows(*layers, mean=(0.2, 0.1, 0.3), passages=60, column="change"):
    """Rows of one model: value, low and high of each layer, then of their mean."""
    numbers = pd.DataFrame([*layers, mean], columns=[column, "low", "high"])
    return numbers.assign(layer=[*range(len(layers)), -1], passages=passages, tokens=9000)


@pytest.mark.parametrize(
    ("finding_of", "column"), [(choice_finding, "change"), (top_finding, "change"), (voice_finding, "gain")]
)
@pytest.mark.parametrize(
    ("layers", "looks", "verdict"),
    [
        ([HIGH, HIGH, ZERO], {}, "holds"),
        ([HIGH, ZERO, ZERO], {}, "fails"),  # one layer makes the mean
        ([HIGH, HIGH, LOW, LOW], {}, "fails"),  # as many layers against as for
        ([HIGH, HIGH], {"mean": ZERO}, "fails"),
        ([LOW, LOW], {"mean": LOW}, "fails"),
        ([HIGH, HIGH], {"passages": 12}, "not testable here"),
    ],
)
def test_claims_over_layers(finding_of, column, layers, looks, verdict):
    finding = finding_record(finding_of("m", rows(*layers, column=column, **looks)))

    assert finding["verdict"] == verdict
    assert finding["claim"].startswith("m: ")
    assert finding["measured"] == looks.get("mean", HIGH)[0]
    assert f"of {len(layers)} layers above 0" in finding["reason"]


def test_with_one_expert_a_token_top_and_least_are_the_same():
    nothing = (0.0, 0.0, 0.0)

    finding = top_finding("m", rows(nothing, nothing, mean=nothing))

    assert finding["verdict"] == "not testable here"
    assert "are the same" in finding["reason"]


def costs(change=HIGH, draws=19, as_good=0, share=0.5, removed=4, passages=60):
    columns = dict(zip(("change", "low", "high"), change, strict=True))
    columns |= {"draws": draws, "as_good": as_good, "share": share, "removed": removed, "passages": passages}
    return pd.DataFrame([columns])


@pytest.mark.parametrize(
    ("table", "verdict", "reason"),
    [
        (costs(), "holds", "0 of 19 draws cost no more, p = 0.05"),
        (costs(as_good=1), "fails", "the mean draw costs more, but too few draws do"),
        (costs(draws=99, as_good=4), "holds", "p = 0.05"),
        (costs(change=ZERO), "fails", "does not lie above"),
        (costs(change=LOW, as_good=19), "fails", "does not lie above"),
        (costs(draws=3), "not testable here", "3 random draws are too few; 19 are needed"),
        (costs(passages=12), "not testable here", "12 passages"),
        (costs(removed=0), "not testable here", "too few experts"),
    ],
)
def test_random_sets_cost_more(table, verdict, reason):
    finding = finding_record(random_pruning_finding("m", table))

    assert finding["verdict"] == verdict
    assert reason in finding["reason"]


@pytest.mark.parametrize(
    ("table", "verdict"),
    [
        (costs(draws=1), "holds"),
        (costs(change=ZERO, draws=1), "fails"),
        (costs(passages=12), "not testable here"),
        (costs(removed=0), "not testable here"),
    ],
)
def test_the_least_used_cost_more(table, verdict):
    finding = finding_record(frequency_finding("m", table))

    assert finding["verdict"] == verdict
    assert finding["paper"] == "yes (REAP)"


def test_the_share_nearest_to_a_half_is_judged():
    table = pd.concat([costs(share=0.25, change=LOW), costs(share=0.4), costs(share=0.75, change=LOW)])

    assert frequency_finding("m", table.reset_index(drop=True))["verdict"] == "holds"


def made_models(names, passages=40):
    effects = [({"layer": layer, "kind": kind}, 0.1 * i) for layer in range(3) for i, kind in enumerate(KINDS)]
    choices = [made_losses(effects, passages=passages, model=name) for name in names]
    pruned = [made_pruning(passages=passages, model=name) for name in names]
    generator = np.random.default_rng(0)
    spoken = [
        pd.DataFrame({"passage": range(passages), "slots": 50, "others": 0.0}).assign(
            model=name, layer=layer, own=50 + generator.normal(size=passages)
        )
        for name in names
        for layer in range(3)
    ]
    return [pd.concat(tables, ignore_index=True) for tables in (choices, pruned, spoken)]


def test_every_model_has_every_finding():
    findings = [finding_record(finding) for finding in interventions(*made_models(["a", "b"]), resamples=200)]

    assert [finding["claim"].partition(":")[0] for finding in findings] == ["a"] * 5 + ["b"] * 5
    # The kinds are in the order of their cost, so that the least-weighted expert costs more than the top-weighted one.
    assert [finding["verdict"] for finding in findings] == ["holds", "fails", "holds", "holds", "holds"] * 2
    assert len({finding["claim"] for finding in findings}) == 10


def test_few_passages_are_told():
    findings = interventions(*made_models(["a"], passages=12), resamples=200)

    assert {finding["verdict"] for finding in findings} == {"not testable here"}
