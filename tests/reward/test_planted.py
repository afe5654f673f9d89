import numpy as np
import pandas as pd
import pytest

from nbutils.reward.calibrators import Lowess
from nbutils.reward.planted import planted_curves, recovered_bias
from nbutils.reward.simulated import simulated_pairs


@pytest.fixture(scope="module")
def pairs():
    return simulated_pairs(7, 300, seed=4)


def margins_with(pairs, subtracted):
    """Margins as scored, and with a share of the planted bias subtracted."""
    before = pairs["chosen_score"] - pairs["rejected_score"]
    bias = pairs["chosen_bias"] - pairs["rejected_bias"]
    named = pairs[["model", "pair_id"]]
    return pd.concat(
        [
            named.assign(method="none", fit="in-sample", margin=before),
            named.assign(method="m", fit="cross-fitted", margin=before - subtracted * bias)[::-1],
            named.assign(method="m", fit="in-sample", margin=9.0),
        ]
    )


@pytest.mark.parametrize(("subtracted", "share"), [(1, 0), (0, 1), (0.5, 0.25), (2, 1)])
def test_what_is_left_of_the_bias(pairs, subtracted, share):
    table = recovered_bias(pairs, margins_with(pairs, subtracted), "m", "cross-fitted")

    np.testing.assert_allclose(table["left"], share * table["planted"], atol=1e-12)
    assert (table["planted"] == 0).tolist() == [False] * 5 + [True, False]  # the sixth has no bias


def test_planted_is_relative_to_the_margins(pairs):
    columns = [f"{side}_{part}" for side in ("chosen", "rejected") for part in ("score", "bias", "true")]
    larger = pairs.assign(**{column: 10 * pairs[column] for column in columns})

    first, second = (recovered_bias(table, margins_with(table, 0.5), "m", "cross-fitted") for table in (pairs, larger))

    np.testing.assert_allclose(first["planted"], second["planted"])


def test_curves_come_with_what_was_planted(pairs):
    curves = planted_curves(pairs, Lowess(), 7, most=3, resamples=5, seed=4)

    assert list(curves["model"].unique()) == ["simulated-01", "simulated-02", "simulated-03"]
    for model, rows in curves.groupby("model"):
        own = pairs[pairs["model"] == model]
        lengths = own[["chosen_chars", "rejected_chars"]].to_numpy().ravel()
        bias = own[["chosen_bias", "rejected_bias"]].to_numpy().ravel()
        order = np.argsort(lengths)
        expected = np.interp(rows["value"], lengths[order], (bias - bias.mean())[order])
        np.testing.assert_allclose(rows["planted"], expected, atol=0.05 * np.abs(bias).max())
