import pytest

from nbutils.reward.calibrators import Lowess
from nbutils.reward.cross_fitting import cross_fitted_margins
from nbutils.reward.overall_gains import overall_gains
from nbutils.reward.settings import gains_by_setting
from nbutils.reward.simulated import simulated_pairs


@pytest.fixture(scope="module")
def pairs():
    return simulated_pairs(2, 200, seed=5)


def test_rows_are_those_of_the_calibrators_they_name(pairs):
    table = gains_by_setting(pairs, ["chars"], frac=0.7, alpha=0.5, folds=4, resamples=100, seed=2)

    methods = {"frac": Lowess(frac=0.3, alpha=0.5), "alpha": Lowess(frac=0.7, alpha=1.25)}
    gains = overall_gains(cross_fitted_margins(pairs, methods, ["chars"], folds=4, seed=2), 100, 2)
    gains = gains[gains["fit"] == "cross-fitted"].set_index("method")
    for setting, value in (("frac", 0.3), ("alpha", 1.25)):
        row = table[(table["setting"] == setting) & (table["value"] == value)].iloc[0]
        assert row["gain"] == gains.loc[setting, "gain"]
        assert row["low"] == gains.loc[setting, "low"]


def test_nothing_subtracted_gains_nothing_and_errors_belong_to_frac(pairs):
    table = gains_by_setting(pairs, ["chars"], resamples=100)

    assert table.loc[(table["setting"] == "alpha") & (table["value"] == 0), "gain"].item() == 0
    fracs = table[table["setting"] == "frac"]
    assert fracs["chosen"].sum() == 2  # every model chooses one
    assert (fracs["excess"] >= 0).all()
    assert table.loc[table["setting"] == "alpha", ["excess", "chosen"]].isna().all(axis=None)
