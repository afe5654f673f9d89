import numpy as np
import pytest

from nbutils.reward.joint_removal import JOINTLY, LENGTH_FIRST, LISTS_FIRST, removal_curves, simulated_lists


@pytest.fixture(scope="module")
def table():
    return removal_curves(1500, seed=2)


def test_jointly_comes_closer_to_both_biases_than_one_after_another(table):
    errors = table.groupby(["removal", "characteristic"])["error"].first().unstack()

    for sequence in (LENGTH_FIRST, LISTS_FIRST):
        assert (errors.loc[JOINTLY] < 0.5 * errors.loc[sequence]).all()


def test_what_goes_first_takes_part_of_the_other_bias(table):
    def reach(removal, characteristic):
        rows = table[(table["removal"] == removal) & (table["characteristic"] == characteristic)]
        return rows["bias"].iloc[-1] - rows["bias"].iloc[0]

    for characteristic, first, last in (("chars", LENGTH_FIRST, LISTS_FIRST), ("lists", LISTS_FIRST, LENGTH_FIRST)):
        assert reach(first, characteristic) > reach(JOINTLY, characteristic) > reach(last, characteristic)


def test_planted_parts_add_up_and_curves_are_centred(table):
    values, scores, bias = simulated_lists(1500, 2)

    assert values.shape == bias.shape == (1500, 2, 2)
    better, worse = (scores - bias.sum(-1)).T
    assert table["exact"].iloc[0] == pytest.approx(
        100 * ((better > worse).mean() - (scores[:, 0] > scores[:, 1]).mean())
    )
    lists = table[(table["removal"] == JOINTLY) & (table["characteristic"] == "lists")]
    counts = (values[..., 1].ravel()[:, None] == lists["value"].to_numpy()).sum(0)
    assert np.average(lists["planted"], weights=counts) == pytest.approx(0, abs=1e-9)
    assert np.average(lists["bias"], weights=counts) == pytest.approx(0, abs=1e-6)
