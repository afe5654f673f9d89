import pandas as pd
import pytest

from nbutils.suite.findings import finding_record
from nbutils.video import claims

OPEN = "not testable here"


def gains(name="text", value=0.2, half=0.1, videos=16, **more):
    row = {"name": name, "whole": 0.5, "without": 0.5 - value, "value": value, "low": value - half}
    return pd.DataFrame([row | {"high": value + half, "n": videos, "videos": videos} | more])


CASES = [
    (gains(), "holds"),
    (gains(value=-0.2), "fails"),
    (gains(value=0.05), OPEN),
    (gains(videos=11), OPEN),
    (gains(videos=1, half=float("nan")), OPEN),
    (pd.DataFrame(), OPEN),
]


@pytest.mark.parametrize(("table", "verdict"), CASES)
def test_modalities(table, verdict):
    finding = finding_record(claims.modality_finding("text", table, "Simulation"))

    assert finding["verdict"] == verdict
    assert finding["claim"] == "Simulation: leaving text out lowers the mAP"


def test_a_modality_that_is_not_there_is_not_testable():
    assert "have no audio" in claims.modality_finding("audio", gains(), "a")["reason"]


@pytest.mark.parametrize(
    ("table", "verdict"), [(CASES[0][0].assign(name="tiling 36 s"), "holds"), (pd.DataFrame(), OPEN)]
)
def test_rivals(table, verdict):
    assert finding_record(claims.rival_finding("tiling", table, "a"))["verdict"] == verdict


@pytest.mark.parametrize(
    ("table", "verdict"),
    [
        (gains("no x", seeds=2, seeds_above=2), "holds"),
        (gains("no x", seeds=2, seeds_above=1), OPEN),
        (gains("no x", value=-0.2, seeds=2, seeds_above=0), "fails"),
        (gains("no x", value=-0.2, seeds=2, seeds_above=1), OPEN),
        (gains("no x", value=0.05, seeds=2, seeds_above=2), OPEN),
        (gains("no x", videos=4, seeds=2, seeds_above=2), OPEN),
        (pd.DataFrame(), OPEN),
    ],
)
def test_choices_in_training(table, verdict):
    finding = finding_record(claims.training_finding("no x", "x helps", "17.9 to 42.3", table, "Simulation"))

    assert (finding["verdict"], finding["paper"]) == (verdict, "17.9 to 42.3")


def alone(*rows):
    kept = [gains(f"{name} alone", value, half, seeds=2, seeds_above=above) for name, value, half, above in rows]
    return pd.concat([gains("no x", 0.0, 0.1, seeds=2, seeds_above=1), *kept], ignore_index=True)


@pytest.mark.parametrize(
    ("table", "verdict", "measured"),
    [
        (alone(("visual", 0.2, 0.1, 2), ("audio", 0.3, 0.1, 2)), "holds", 20.0),
        (alone(("visual", 0.2, 0.1, 2), ("audio", 0.3, 0.4, 2)), OPEN, 20.0),
        (alone(("visual", 0.2, 0.1, 1), ("audio", 0.3, 0.1, 2)), OPEN, 20.0),
        (alone(("visual", -0.2, 0.1, 0), ("audio", 0.3, 0.1, 2)), "fails", -20.0),
        (alone(("visual", 0.05, 0.1, 2), ("audio", 0.3, 0.1, 2)), OPEN, 5.0),
        (alone(), OPEN, None),
        (pd.DataFrame(), OPEN, None),
    ],
)
def test_fusion_is_held_against_the_best_modality(table, verdict, measured):
    finding = finding_record(claims.fusion_finding(table, "Simulation"))

    assert finding["verdict"] == verdict
    assert finding["measured"] == pytest.approx(measured)
