import numpy as np
import pandas as pd
import pytest

from nbutils.moe.routing import claims
from nbutils.moe.routing.record import MEANS
from nbutils.moe.routing.saturation import saturation_table
from nbutils.suite.findings import finding_record
from tests.moe.routing.made import drawn_top_k, made_choices, made_routing, passages_of


def loads(statistic, value, low=None, high=None, passages=60, uniform=0.0, tokens=9000):
    rows = {"layer": range(len(value)), "value": value, "low": low, "high": high, "uniform": uniform}
    return pd.DataFrame(rows).astype(float).assign(statistic=statistic, passages=passages, tokens=tokens)


@pytest.mark.parametrize(
    ("rows", "verdict"),
    [
        (loads("dead", [0, 0]), "holds"),
        (loads("dead", [0, 0], passages=3), "holds"),  # one choice is enough
        (loads("dead", [0, 2]), "fails"),
        (loads("dead", [0, 2], uniform=0.1), "not testable here"),  # few tokens: chance misses experts too
        (loads("dead", [0, 2], passages=12), "not testable here"),
    ],
)
def test_no_expert_is_dead(rows, verdict):
    assert claims.dead_finding("m", rows)["verdict"] == verdict


@pytest.mark.parametrize(
    ("rows", "verdict"),
    [
        (loads("max_vio", [0.4, 0.7], [0.3, 0.5], [0.6, 0.9]), "holds"),
        (loads("max_vio", [0.4, 0.9], [0.3, 0.7], [0.6, 1.1]), "fails"),  # one layer may have twice the mean
        (loads("max_vio", [2.4, 3.9], [2.3, 3.7], [2.6, 4.1]), "fails"),
        (loads("max_vio", [0.4, 0.7], [0.3, 0.5], [0.6, 0.9], passages=12), "not testable here"),
    ],
)
def test_the_load_is_balanced(rows, verdict):
    finding = claims.balance_finding("m", rows)

    assert finding["verdict"] == verdict
    assert finding["measured"] == rows["value"].max()


def means(passages=60, **columns):
    """Rows of two layers and their mean, all alike."""
    rows = pd.DataFrame({"layer": [0, 1, -1]}).assign(passages=passages, model="m", **columns)
    return rows


ABOVE = {"excess": 0.2, "excess_low": 0.1, "excess_high": 0.3, "low": 0.4, "high": 0.6}
AROUND = {"excess": 0.0, "excess_low": -0.1, "excess_high": 0.1, "low": 0.4, "high": 0.6}
UNKNOWN = dict.fromkeys(ABOVE, np.nan)
EXCESSES = {
    claims.top_score_finding: ("value", "shuffled"),
    claims.vocabulary_finding: ("held_out", "load"),
    claims.consecutive_finding: ("bits", "shuffled"),
}


@pytest.mark.parametrize("finding", EXCESSES)
@pytest.mark.parametrize(
    ("columns", "passages", "verdict"),
    [
        (ABOVE, 60, "holds"),
        (AROUND, 60, "fails"),
        (ABOVE, 12, "not testable here"),
        (UNKNOWN, 60, "not testable here"),
    ],
)
def test_claims_that_hold_above_their_null(finding, columns, passages, verdict):
    measured, null = EXCESSES[finding]
    value = np.nan if np.isnan(columns["excess"]) else 0.5

    result = finding("m", means(passages, **columns, **{measured: value, null: 0.3}))

    assert result["verdict"] == verdict
    assert result["claim"].startswith("m: ")
    assert result["measured"] == (None if np.isnan(value) else 0.5)
    assert finding_record(result)["reason"]


def test_layers_that_have_no_next_one():
    finding = claims.consecutive_finding("m", means().iloc[:0])

    assert finding["verdict"] == "not testable here"
    assert "more layers" in finding["reason"]


DIVERGENCE = {"corrected": 0.2, "low": 0.1, "high": 0.3, "bits": 0.25, "null": 0.05}


@pytest.mark.parametrize(
    ("rows", "verdict", "reason"),
    [
        (means(p=0.001, **DIVERGENCE), "holds", "2 of 2 layers"),
        (means(p=0.3, **DIVERGENCE), "fails", "p = 0.3"),
        (means(12, p=0.001, **DIVERGENCE), "not testable here", "12 passages are too few"),
        (means(p=0.001, **DIVERGENCE | {"corrected": np.nan}), "not testable here", "single passage"),
        (means(p=0.001, **DIVERGENCE).iloc[:0], "not testable here", "one domain"),
    ],
)
def test_experts_specialise_in_domains(rows, verdict, reason):
    finding = claims.domain_finding("m", rows)

    assert finding["verdict"] == verdict
    assert reason in finding["reason"]
    finding_record(finding)


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, "holds"),
        ({"excess_low": 0.01}, "fails"),  # above independent choices, not above other routers of the same tokens
        ({"excess_low": -0.1}, "fails"),
        ({"passages": 12}, "not testable here"),
    ],
)
def test_routing_is_settled_early(changes, verdict):
    columns = {"checkpoint": "m@step1", "value": 0.5, "independent": 0.3, "renumbered": 0.02}

    finding = claims.saturation_finding(means(**ABOVE | columns).assign(**changes).iloc[-1])

    assert finding["verdict"] == verdict
    assert finding["null"] == pytest.approx(0.32)


def made(follows_token=2.0, seed=0):
    """Routing and choices that follow tokens, domains and the layer before."""
    generator = np.random.default_rng(seed)
    passage = passages_of(50, generator)
    ids = generator.integers(0, 20, len(passage))
    of_token = np.repeat(np.random.default_rng(1).normal(size=(20, 1, 6)), 2, axis=1)
    of_domain = generator.normal(size=(2, 2, 6))
    chosen = drawn_top_k(follows_token * of_token[ids] + 0.5 * of_domain[passage % 2], 2, generator)
    scores = {name: generator.uniform(0.9, 1, (len(passage), 2)) for name in MEANS}
    scores["top_score"] *= 3
    domain = np.array(["a", "b"])[passage % 2]
    return made_routing(chosen, passage, domain, ids, scores=scores), made_choices(chosen, passage, ids)


def test_all_findings_are_there_and_the_control_is_told_beside_the_first_model():
    (first, final), (second, early) = made(), made(seed=0)
    routings = {"a": first, "b": second, "a@untrained": made(0.0)[0]}
    final.model = "a"

    findings = claims.expert_routing(routings, ["a", "b", ""], saturation_table(final, {"early": early}, 100), 100)

    assert [finding["claim"].split(":")[0] for finding in findings] == ["a"] * 6 + ["b"] * 6 + ["a"]
    assert all("a@untrained" in finding["reason"] for finding in findings[:6])
    assert not any("a@untrained" in finding["reason"] for finding in findings[6:])
    assert [finding["reason"].endswith("no untrained state to set it beside") for finding in findings] == (
        [False] * 9 + [True] * 3 + [False]
    )
    verdicts = [finding["verdict"] for finding in findings]
    assert verdicts[2:6] == ["holds", "fails", "holds", "holds"]
    assert findings[3]["reason"].startswith("not above a@untrained")  # which follows domains as much
    assert verdicts[-1] == "holds"
    for finding in findings:
        finding_record(finding)
        assert all(isinstance(finding[key], float | None) for key in ("measured", "null"))


def test_a_control_alone_is_not_judged():
    assert claims.expert_routing({"a": made()[0]}, ["b"], pd.DataFrame(), resamples=100) == []
