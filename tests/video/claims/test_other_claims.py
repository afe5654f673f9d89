import pandas as pd
import pytest

from nbutils.suite.findings import finding_record
from nbutils.video import claims

OPEN = "not testable here"


def levels(best=(0.99, 0.98, 1.0), matched=(0.15, 0.1, 0.2), capped=(0.6, 0.5, 0.7), n=16):
    rows = [
        ("oracle repeating one clip", "mean best-match precision", *best, n),
        ("oracle repeating one clip", "matched mAP", *matched, n),
        ("oracle repeating one clip", "AR", *matched, n),
        ("capped oracle", "mean best-match precision", *best, n),
        ("capped oracle", "matched mAP", *capped, n),
        ("capped oracle", "AR", *capped, n),
    ]
    return pd.DataFrame(rows, columns=["predictor", "metric", "value", "low", "high", "n"])


@pytest.mark.parametrize(
    ("table", "verdict"),
    [
        (levels(), "holds"),
        (levels(best=(0.7, 0.6, 0.8)), "fails"),
        (levels(matched=(0.99, 0.98, 1.0)), "fails"),
        (levels(best=(0.95, 0.9, 1.0)), OPEN),
        (levels(matched=(0.95, 0.9, 1.0)), OPEN),
        (levels(n=5), OPEN),
        (pd.DataFrame(), OPEN),
    ],
)
def test_repetition(table, verdict):
    finding = finding_record(claims.repetition_finding(table, "val"))

    assert (finding["verdict"], finding["paper"]) == (verdict, 99.2)


@pytest.mark.parametrize(
    ("table", "verdict"),
    [
        (levels(), "holds"),
        (levels(capped=(1.0, 1.0, 1.0)), "fails"),
        (levels(capped=(0.98, 0.9, 1.0)), OPEN),
        (levels(n=5), OPEN),
        (pd.DataFrame(), OPEN),
    ],
)
def test_cap(table, verdict):
    assert finding_record(claims.cap_finding(table, 0.6, "val"))["verdict"] == verdict


def test_a_cap_of_one_clip_leaves_nothing_to_repeat():
    once = levels(matched=(0.45, 0.4, 0.5), capped=(0.45, 0.4, 0.5))
    finding = finding_record(claims.repetition_finding(once, "Simulation"))
    assert (finding["verdict"], "none is repeated" in finding["reason"]) == (OPEN, True)


def errors(value, low, high):
    return pd.DataFrame({"of": ["seconds"], "value": [value], "low": [low], "high": [high], "null": [0.02]})


@pytest.mark.parametrize(
    ("table", "videos", "verdict"),
    [
        (errors(0.04, 0.0, 0.06), 16, "holds"),
        (errors(0.07, 0.0, 0.14), 16, OPEN),
        (errors(0.3, 0.2, 0.4), 16, "fails"),
        (errors(0.1, 0.05, 0.15), 16, OPEN),
        (errors(0.04, 0.0, 0.06), 3, OPEN),
        (pd.DataFrame(), 16, OPEN),
    ],
)
def test_calibration(table, videos, verdict):
    assert finding_record(claims.calibration_finding(table, videos, "Simulation"))["verdict"] == verdict


def means(low, high):
    row = {"measure": "tiou_change", "value": (low + high) / 2, "low": low, "high": high, "n": 40}
    return pd.DataFrame([row])


@pytest.mark.parametrize(
    ("table", "videos", "verdict"),
    [
        (means(-0.01, 0.03), 16, "holds"),
        (means(-0.1, -0.03), 16, "fails"),
        (means(-0.1, 0.03), 16, OPEN),
        (means(-0.01, 0.03), 3, OPEN),
        (pd.DataFrame(), 0, OPEN),
    ],
)
def test_snapping(table, videos, verdict):
    assert finding_record(claims.snapping_finding(table, videos, "Simulation"))["verdict"] == verdict


def estimates(value, half, videos=500):
    row = {"quantity": "coverage", "value": value, "low": value - half, "high": value + half, "videos": videos}
    return pd.DataFrame([row | {"n": videos}])


@pytest.mark.parametrize(
    ("table", "verdict"),
    [
        (estimates(0.38, 0.01), "holds"),
        (estimates(0.5, 0.01), "fails"),
        (estimates(0.36, 0.02), OPEN),
        (estimates(0.38, 0.01, videos=5), OPEN),
        (pd.DataFrame(), OPEN),
    ],
)
def test_geometry(table, verdict):
    assert finding_record(claims.geometry_finding("coverage", table, "val"))["verdict"] == verdict


def shared(*counts):
    rows = [(f"{number}", "x", count, 2 * count) for number, count in enumerate(counts)]
    return pd.DataFrame(rows, columns=["first", "second", "shared_videos", "shared_windows"])


@pytest.mark.parametrize(
    ("table", "verdict", "measured"), [(shared(0, 63), "fails", 63), (shared(0), "holds", 0), (shared(), OPEN, None)]
)
def test_leaks(table, verdict, measured):
    finding = finding_record(claims.leak_finding(table, "test and val"))

    assert (finding["verdict"], finding["measured"]) == (verdict, measured)


NAMES = ("modalities", "rivals", "trained", "released", "calibration", "snapping", "estimates", "leaks")


def test_the_findings_of_the_generated_films(given, tables):
    findings = [
        finding_record(finding) for finding in claims.clip_scoring(given, *(getattr(tables, name) for name in NAMES))
    ]
    claimed = [finding["claim"] for finding in findings]

    assert len(set(claimed)) == len(claimed) == 16
    assert [claim.split(":")[0] for claim in claimed] == ["Simulation"] * 12 + ["Repurpose-10K"] * 4
    assert {finding["verdict"] for finding in findings[12:]} == {OPEN}
    verdicts = {finding["claim"]: finding["verdict"] for finding in findings}
    assert verdicts["Simulation: the scorer beats random places"] == "holds"
    tilings = tables.rivals[tables.rivals["name"].str.startswith("tiling")]
    best = tilings.loc[tilings["without"].idxmax(), "name"]
    assert len(tilings) == 2
    assert verdicts[f"Simulation: the scorer beats {best}"] == "holds"
    # The films are so short that the cap is one clip.
    assert verdicts["Simulation: best-match precision cannot tell one repeated clip from all clips"] == OPEN


def test_of_a_video_that_nobody_annotated_nothing_is_testable(given, tables):
    nothing = pd.DataFrame()
    bare = given._replace(windows=None, splits={}, shown=given.shown._replace(data="a.mp4"))
    pair = tables.calibration._replace(bins=nothing, errors=nothing)
    snapping = tables.snapping._replace(clips=nothing, means=nothing)

    findings = claims.clip_scoring(bare, nothing, nothing, nothing, nothing, pair, snapping, nothing, nothing)

    assert {finding_record(finding)["verdict"] for finding in findings} == {OPEN}
    assert findings[0]["claim"] == "a.mp4: leaving visual out lowers the mAP"
