import numpy as np
import pytest

from nbutils.reward.associations import BIASED, CALIBRATED, EXACT, UNBIASED, gains_by_association
from nbutils.reward.calibrators import LengthPenalty, Lowess


@pytest.fixture(scope="module")
def table():
    return gains_by_association(Lowess(), [-1.5, 0.0, 1.5], samples=4, pairs=300, seed=1)


def test_shares_follow_the_association_and_the_warning_follows_the_shares(table):
    once = table.drop_duplicates("association")

    assert (np.diff(once["share"]) > 0.2).all()
    assert list(once["warned"]) == [1, 0, 1]


def test_a_calibration_of_unbiased_models_costs_accuracy_where_label_and_length_go_together(table):
    rows = table[(table["models"] == UNBIASED) & (table["subtracted"] == CALIBRATED)].set_index("association")

    assert (rows.loc[[-1.5, 1.5], "high"] < 0).all()
    assert rows.loc[0.0, "gain"] > rows.loc[[-1.5, 1.5], "gain"].max()


def test_nothing_subtracted_changes_nothing():
    table = gains_by_association(LengthPenalty(rate=0), [0.5], samples=2, pairs=100)

    keys = table.set_index(["models", "subtracted"])["gain"]
    assert keys[(BIASED, CALIBRATED)] == keys[(UNBIASED, CALIBRATED)] == 0
    assert keys[(BIASED, EXACT)] != 0


def test_the_same_seed_gives_the_same_table():
    first, second = (gains_by_association(Lowess(), [0.5], samples=2, pairs=100, seed=3) for _ in range(2))
    assert first.equals(second)
