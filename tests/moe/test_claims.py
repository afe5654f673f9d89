import numpy as np
import pandas as pd
import pytest

from nbutils.moe.claims import RANK_CLAIMS, contrast_finding, depth_finding, rank_finding, router_norms
from tests.moe.test_ranks import made_probe


def row(value, low, high, passages=60):
    return pd.Series(
        {
            "value": value,
            "low": low,
            "high": high,
            "chance": 0.1,
            "shuffled": 0.15,
            "tokens": 9000,
            "passages": passages,
        }
    )


@pytest.mark.parametrize("statistic", RANK_CLAIMS)
@pytest.mark.parametrize(
    ("numbers", "verdict"),
    [
        ((0.3, 0.25, 0.35), "holds"),
        ((0.14, 0.11, 0.17), "fails"),  # above chance, not above the shuffled tokens
        ((0.05, 0.04, 0.06), "fails"),
        ((0.3, 0.25, 0.35, 12), "not testable here"),
    ],
)
def test_rank_claims_hold_above_the_null_only(statistic, numbers, verdict):
    finding = rank_finding("m", statistic, row(*numbers))

    assert finding["verdict"] == verdict
    assert finding["null"] == 0.15
    assert finding["reason"]


def test_the_untrained_model_is_told_beside():
    assert rank_finding("m", "spearman", row(0.3, 0.2, 0.4), row(0.016, 0, 0.1))["reason"].endswith("untrained 0.016")


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


def test_a_control_with_other_chance_levels_is_not_told_beside():
    probes = {"a": made_probe(0), "b": made_probe(1, experts=8), "control": made_probe(2)}

    reasons = {f["claim"]: f["reason"] for f in router_norms(probes, control="control", resamples=100)}

    assert "untrained" in next(reason for claim, reason in reasons.items() if claim.startswith("a: score"))
    assert "untrained" not in next(reason for claim, reason in reasons.items() if claim.startswith("b: score"))


def test_all_findings_are_there_and_the_control_has_none():
    probes = {"a": made_probe(0), "b": made_probe(1, effect=0.2), "control": made_probe(2)}

    findings = router_norms(probes, control="control", resamples=100)

    assert len(findings) == 2 * (len(RANK_CLAIMS) + 1) + 1
    assert not any(finding["claim"].startswith("control:") for finding in findings)
    measured = [finding["measured"] for finding in findings if finding["measured"] is not None]
    assert np.isfinite(measured).all()
