import pandas as pd
import pytest

from nbutils.reward import captions


def test_a_gain_among_confounded_pairs_is_called_no_evidence(tables):
    gains, warnings = tables["gains"]["Given"], tables["warnings"]
    trusted = captions.gain_forest(gains, warnings.assign(confounded=False), "Given")
    fired = warnings.assign(confounded=(warnings["data"] == "Given") & (warnings["subset"] == "all"))

    told = captions.gain_forest(gains, fired, "Given")

    assert "Confounded" in told
    assert "Confounded" not in trusted
    assert "Confounded" not in captions.gain_forest(gains, fired, "Simulation")
    assert "**Warning: confounded.**" in captions.chosen_longer(fired)
    assert "**Warning" not in captions.chosen_longer(warnings.assign(confounded=False))


def test_the_numbers_of_the_forest(tables):
    table = tables["gains"]["Simulation"]
    told = captions.gain_forest(table, tables["warnings"], "Simulation")

    mean = table[(table["model"] == "mean over models") & (table["method"] == "RC-LWR")].set_index("fit")["gain"]
    assert f"{mean['cross-fitted']:+.2f} percentage points" in told
    assert f"{mean['in-sample']:+.2f} in-sample, mean over 14 models" in told
    assert "LWR-Penalty differs from RC-LWR by" in told


def test_accuracy_before_and_after():
    rows = [("as scored", "a", 0.5), ("as scored", "b", 0.9), ("as scored", "all", 0.7)]
    rows += [("calibrated", "a", 0.7), ("calibrated", "b", 0.8), ("calibrated", "all", 0.75)]
    table = pd.DataFrame(rows, columns=["stage", "subset", "accuracy"]).assign(model="m", ties=1)

    told = captions.accuracy_by_subset(table, "Given")

    assert "70.0% as scored, 75.0% calibrated" in told
    assert "from -10.0 points in b to +20.0 in a" in told


def test_dependence_that_is_left():
    curve = {"model": "m", "characteristic": "chars", "value": [1.0, 2.0], "count": [3, 1]}
    before = pd.DataFrame(curve | {"bias": [-1.0, 3.0]}).assign(stage="as scored")
    after = pd.DataFrame(curve | {"bias": [0.0, 0.0]}).assign(stage="calibrated")

    told = captions.after_calibration(pd.concat([before, after]), "Given")

    assert f"m, chars: {3**0.5:.3g} before, 0 after" in told
    assert "m: +4 from 1 to 2 chars" in captions.reward_by_characteristic(before, "Given")


@pytest.mark.parametrize(("models", "more"), [(6, ""), (8, "; and 2 more")])
def test_long_lists_are_cut(models, more):
    curve = {"characteristic": "chars", "value": [1.0, 2.0], "bias": [0.0, 1.0], "stage": "as scored"}
    curves = pd.concat([pd.DataFrame(curve).assign(model=f"m{i}") for i in range(models)])

    told = captions.reward_by_characteristic(curves, "Given")

    assert f"chars{more}. The curve" in told
    assert ("m6" in told) is False
