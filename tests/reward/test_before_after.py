import numpy as np
import pytest

from nbutils.reward.before_after import accuracy_before_and_after, curves_before_and_after
from nbutils.reward.calibrators import Lowess
from nbutils.reward.cross_fitting import calibrated_pairs
from nbutils.reward.simulated import simulated_pairs
from tests.reward.made_margins import made_margins


def test_the_dependence_is_gone_from_calibrated_scores():
    pairs = simulated_pairs(1, 400, seed=2)

    curves = curves_before_and_after(pairs, Lowess(), ["chars"], resamples=20).set_index("stage")

    spread = {
        stage: np.sqrt(np.average(rows["bias"] ** 2, weights=rows["count"])) for stage, rows in curves.groupby("stage")
    }
    assert spread["calibrated"] < 0.2 * spread["as scored"]
    after = curves.loc["calibrated"]
    assert ((after["low"] <= after["bias"] + 1e-9) & (after["bias"] <= after["high"] + 1e-9)).mean() > 0.8


def test_nothing_subtracted_leaves_the_curves_alike():
    pairs = simulated_pairs(1, 100, seed=2)

    curves = curves_before_and_after(pairs, Lowess(alpha=0), ["chars"], resamples=5)

    before, after = (rows["bias"].to_numpy() for _, rows in curves.groupby("stage", sort=False))
    np.testing.assert_array_equal(before, after)
    kept = calibrated_pairs(pairs, Lowess(alpha=0), ["chars"])
    np.testing.assert_array_equal(kept["chosen_score"], pairs["chosen_score"])


def test_accuracy_is_the_cross_fitted_one():
    margins = made_margins(models=1)

    table = accuracy_before_and_after(margins, "rc").set_index(["stage", "subset"])["accuracy"]

    for stage, method, fit in (("as scored", "none", "in-sample"), ("calibrated", "rc", "cross-fitted")):
        rows = margins[(margins["method"] == method) & (margins["fit"] == fit)]
        assert table[stage, "all"] == pytest.approx((rows["margin"] > 0).mean())
        easy = rows[rows["subset"] == "easy"]
        assert table[stage, "easy"] == pytest.approx((easy["margin"] > 0).mean())
