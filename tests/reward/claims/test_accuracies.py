import pandas as pd
import pytest

from nbutils.reward import claims
from nbutils.reward.claims.accuracies import speed_finding
from nbutils.suite.findings import finding_record


def gain(low, high, prompts=200, models=1):
    return pd.Series({"gain": (low + high) / 2, "low": low, "high": high, "prompts": prompts, "models": models})


def warnings(confounded=False, n=200, equal=0, characteristic="chars", subset_confounded=False):
    rows = pd.DataFrame({"subset": ["hard", "all"], "n": n, "equal": equal, "share": 0.9 if confounded else 0.5})
    rows["confounded"] = [subset_confounded, confounded]
    return rows.assign(characteristic=characteristic, sentence=["of hard", "Of all pairs."])


@pytest.mark.parametrize(
    ("row", "warned", "verdict", "reason"),
    [
        (gain(1, 3), warnings(), "holds", "above"),
        (gain(-1, 3), warnings(), "fails", "does not lie above"),
        (gain(-3, -1), warnings(), "fails", "does not lie above"),
        (gain(1, 3, prompts=12), warnings(), "not testable here", "12 prompts are too few"),
        (gain(1, 3), warnings(confounded=True), "not testable here", "confounded: Of all pairs."),
        (gain(-3, -1), warnings(confounded=True), "not testable here", "confounded: Of all pairs."),
        (gain(-1, 1), warnings(equal=195), "not testable here", "Of all pairs."),  # all lengths alike
        (gain(1, 3), warnings(subset_confounded=True), "holds", "Confounded within hard"),
    ],
)
def test_gain(row, warned, verdict, reason):
    finding = claims.gain_finding("d", row, warned)

    assert finding["verdict"] == verdict
    assert reason in finding["reason"]
    assert finding["claim"].startswith("d: a calibration for length")
    assert finding["measured"] == row["gain"]
    finding_record(finding)


def test_one_confounded_characteristic_of_several_is_enough():
    both = pd.concat([warnings(), warnings(confounded=True, characteristic="lists")])

    finding = claims.gain_finding("d", gain(1, 3, models=4), both)

    assert finding["verdict"] == "not testable here"
    assert "length and lists" in finding["claim"]
    assert "mean over 4 models" in finding["quantity"]


@pytest.mark.parametrize(
    ("row", "verdict"),
    [(gain(-3, -1), "holds"), (gain(-3, 1), "fails"), (gain(1, 3), "fails"), (gain(-3, -1, 12), "not testable here")],
)
def test_harm(row, verdict):
    finding = claims.harm_finding("d", row, warnings(confounded=True))

    assert finding["verdict"] == verdict
    finding_record(finding)
    assert claims.harm_finding("d", row, warnings()) is None


@pytest.mark.parametrize(
    ("row", "verdict"), [(gain(0.1, 1), "holds"), (gain(-1, 1), "fails"), (gain(0.1, 1, 12), "not testable here")]
)
def test_optimism(row, verdict):
    finding = claims.optimism_finding("d", row)

    assert finding["verdict"] == verdict
    finding_record(finding)


def means(low, high, models=33):
    row = {"measure": "score", "gain": (low + high) / 2, "low": low, "high": high, "models": models, "raised": 30}
    return pd.DataFrame([row | {"prompts": 2985}, row | {"measure": "accuracy", "prompts": 2985}])


@pytest.mark.parametrize(
    ("table", "verdict", "reason"),
    [
        (means(2, 4), "holds", "which holds the paper's figure; 30 of 33"),
        (means(1, 2), "holds", "which does not hold the paper's figure"),
        (means(-1, 2), "fails", "does not lie above"),
        (means(2, 4, models=19), "not testable here", "needs the scores of 20"),
        (means(2, 4).iloc[1:], "not testable here", "all sections"),  # no overall score
        (means(2, 4).iloc[:0], "not testable here", "all sections"),
    ],
)
def test_published_gain(table, verdict, reason):
    finding = claims.published_gain_finding("d", table)

    assert finding["verdict"] == verdict
    assert reason in finding["reason"]
    assert finding["paper"] == 3.11
    finding_record(finding)


def test_speed_is_measured_elsewhere():
    assert "make benchmark" in finding_record(speed_finding())["reason"]
