from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from nbutils.moe.norms import claims
from nbutils.moe.norms.claims import RANK_CLAIMS, contrast_finding, depth_finding, rank_finding, router_norms
from tests.moe.norms.test_ranks import made_probe


def rows(*layers, mean=(0.3, 0.25, 0.35), passages=60):
    """Rows of one model and statistic: value, low and high of each layer, then of their mean."""
    numbers = pd.DataFrame([*layers, mean], columns=["value", "low", "high"])
    layer = [*range(len(layers)), -1]
    return numbers.assign(layer=layer, chance=0.1, shuffled=0.15, tokens=9000, passages=passages)


HIGH, LOW, CHANCE = (0.4, 0.3, 0.5), (0.05, 0.04, 0.06), (0.14, 0.11, 0.17)


@pytest.mark.parametrize("statistic", RANK_CLAIMS)
@pytest.mark.parametrize(
    ("table", "verdict"),
    [
        (rows(HIGH, HIGH, LOW), "holds"),
        (rows(HIGH, LOW, LOW), "fails"),  # one layer makes the mean
        (rows(HIGH, HIGH, LOW, LOW), "fails"),  # as many layers against as for
        (rows(CHANCE, CHANCE, mean=CHANCE), "fails"),  # above chance, not above the shuffled tokens
        (rows(LOW, LOW, mean=LOW), "fails"),
        (rows(HIGH, HIGH, passages=12), "not testable here"),
    ],
)
def test_rank_claims_hold_above_the_null_in_the_mean_and_in_most_layers(statistic, table, verdict):
    finding = rank_finding("m", statistic, table)

    assert finding["verdict"] == verdict
    assert finding["null"] == 0.15
    assert f"of {len(table) - 1} layers above their null" in finding["reason"]


def test_the_count_of_passages_is_whole():
    assert "12 passages are too few" in rank_finding("m", "spearman", rows(HIGH, passages=12.0))["reason"]


def test_without_shuffled_tokens_a_rank_claim_is_not_testable():
    finding = rank_finding("m", "spearman", rows(HIGH).assign(shuffled=np.nan))

    assert finding["verdict"] == "not testable here"
    assert "lower batch_size" in finding["reason"]
    assert rank_finding("m", "within_expert", rows(HIGH).assign(shuffled=np.nan))["verdict"] == "holds"


@pytest.mark.parametrize(
    ("norms", "verdict"),
    [
        ([1, 2, 3, 4, 5], "holds"),
        ([5, 4, 3, 2, 1], "fails"),
        ([1, 3, 2, 1, 2], "fails"),
        ([1, 2, 3], "not testable here"),
    ],
)
def test_norms_grow_with_depth(norms, verdict):
    finding = depth_finding("m", pd.DataFrame({"layer": range(len(norms)), "norm": norms}))

    assert finding["verdict"] == verdict
    assert (finding["measured"] is None) == (verdict == "not testable here")


def test_contrast_compares_the_second_model_with_the_first():
    low, high = made_probe(0), made_probe(0, effect=0.2)

    assert contrast_finding("a", "b", {"a": low, "b": high}, 200, 0)["verdict"] == "holds"
    assert contrast_finding("b", "a", {"a": low, "b": high}, 200, 0)["verdict"] == "fails"
    few = made_probe(0, groups=5)
    assert contrast_finding("a", "b", {"a": few, "b": high}, 200, 0)["verdict"] == "not testable here"


def test_only_the_embedded_pair_stands_for_the_papers_models():
    probes = {"a": made_probe(0), "b": made_probe(1)}
    pair = {"moe-scratch": probes["a"], "moe-upcycled": probes["b"]}

    assert contrast_finding("a", "b", probes, 100, 0)["paper"] is None
    assert contrast_finding(*pair, pair, 100, 0)["paper"] == "Mixtral above DeepSeek"


def test_the_control_is_told_beside_the_first_model_only():
    probes = {"a": made_probe(0), "b": made_probe(1), "a@untrained": made_probe(2)}

    findings = router_norms(probes, ["a", "b"], resamples=100)

    told = [finding["claim"] for finding in findings if "a@untrained" in finding["reason"]]
    assert len(told) == len(RANK_CLAIMS)
    assert all(claim.startswith("a:") for claim in told)


def test_an_untrained_model_that_is_asked_for_is_judged():
    probes = {"a": made_probe(0), "a@untrained": made_probe(2)}

    claims = [finding["claim"] for finding in router_norms(probes, ["a", "a@untrained"], resamples=100)]

    assert sum(claim.startswith("a@untrained:") for claim in claims) == len(RANK_CLAIMS) + 1


def test_all_findings_are_there_and_the_control_has_none():
    probes = {"a": made_probe(0), "b": made_probe(1, effect=0.2), "control": made_probe(2)}

    findings = router_norms(probes, ["a", "b", ""], resamples=100)

    assert len(findings) == 2 * (len(RANK_CLAIMS) + 1) + 1
    assert not any(finding["claim"].startswith("control:") for finding in findings)
    measured = [finding["measured"] for finding in findings if finding["measured"] is not None]
    assert np.isfinite(measured).all()


def test_a_contrast_without_an_interval_is_not_testable(monkeypatch):
    probe = SimpleNamespace(tokens=[1] * 30)
    difference = {"value": 0.2, "low": np.nan, "high": np.nan}
    monkeypatch.setattr(claims, "difference_in_same_rank", lambda *_: difference)

    finding = contrast_finding("a", "b", {"a": probe, "b": probe}, 100, 0)

    assert finding["verdict"] == "not testable here"
    assert finding["interval"] is None
