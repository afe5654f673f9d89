import pandas as pd

from nbutils.reward import claims
from nbutils.suite.findings import finding_record


def findings_of(tables, ranked="Simulation", correlations=None):
    found = claims.reward_calibration(
        tables["margins"],
        tables["warnings"],
        tables["probabilities"],
        {ranked: tables["correlations"] if correlations is None else correlations},
        tables["recovered"],
        tables["associations"],
        100,
    )
    for finding in found:
        finding_record(finding)
    return found


def test_every_data_set_and_every_published_figure_has_its_findings(tables):
    found = findings_of(tables)

    starts = [finding["claim"].split(":")[0] for finding in found]
    assert starts.count("Given") == 4
    assert starts.count("Simulation") == 5
    assert [finding["verdict"] for finding in found[-3:]] == ["not testable here"] * 3
    assert [finding["paper"] for finding in found[-3:]] == [3.11, 0.949, "about 30"]


def test_the_gain_is_the_cross_fitted_one(tables):
    gain = next(finding for finding in findings_of(tables) if "Simulation: a calibration" in finding["claim"])

    table = tables["gains"]["Simulation"].set_index(["model", "method", "fit"])["gain"]
    assert gain["measured"] == table[("mean over models", "RC-LWR", "cross-fitted")]


def test_simulated_reward_models_never_test_a_published_figure(tables):
    eight = pd.concat(
        [tables["correlations"].assign(model=lambda rows, i=i: rows["model"].astype(str) + i) for i in "ab"]
    )

    published = {name: findings_of(tables, name, eight)[-2]["verdict"] for name in ("Simulation", "my outputs")}

    assert published["Simulation"] == "not testable here"
    assert published["my outputs"] != "not testable here"
