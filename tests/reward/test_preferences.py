import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from nbutils.reward.calibrators import LengthPenalty, Lowess
from nbutils.reward.errors import RewardDataError
from nbutils.reward.preferences import preferences


def made_responses(models=2, generators=4, instructions=30, seed=0):
    """Scores that rise with the generator's number and with length; the generator g0 is the baseline."""
    rng = np.random.default_rng(seed)
    index = pd.MultiIndex.from_product(
        [
            [f"m{i}" for i in range(models)],
            [f"g{i}" for i in range(generators)],
            [f"i{i}" for i in range(instructions)],
        ],
        names=["model", "generator", "instruction_id"],
    )
    table = index.to_frame(index=False)
    quality = table["generator"].str[1:].astype(float)
    table["chars"] = np.round(rng.lognormal(6, 0.5, len(table)))
    table["headers"] = rng.integers(0, 5, len(table)).astype(float)
    table["score"] = 0.3 * quality + 0.001 * table["chars"] + rng.normal(0, 1, len(table))
    return table.astype({"model": "category", "generator": "category"})


def test_preferences_as_scored_against_a_plain_loop():
    responses = made_responses()
    score = responses.set_index(["model", "generator", "instruction_id"])["score"]

    table = preferences(responses, "g0", {})

    assert len(table) == 2 * 3 * 30
    for row in table.itertuples():
        margin = score[row.model, row.generator, row.instruction_id] - score[row.model, "g0", row.instruction_id]
        assert row.preference == pytest.approx(expit(margin))
        assert row.method == "none"


def test_the_baseline_is_penalised_for_its_own_length():
    responses = made_responses()
    by_response = responses.set_index(["model", "generator", "instruction_id"])

    table = preferences(responses, "g0", {"penalty": LengthPenalty(rate=0.002)})

    for row in table[table["method"] == "penalty"].itertuples():
        own = by_response.loc[(row.model, row.generator, row.instruction_id)]
        other = by_response.loc[(row.model, "g0", row.instruction_id)]
        assert (row.chars, row.baseline_chars) == (own["chars"], other["chars"])
        margin = own["score"] - other["score"] - 0.002 * (own["chars"] - other["chars"])
        assert row.preference == pytest.approx(expit(margin))


def test_a_calibrator_sees_all_pairs_of_a_model_and_several_characteristics():
    responses = made_responses(models=1)
    method = Lowess(frac=0.8)

    table = preferences(responses, "g0", {"lowess": method}, ["chars", "headers"])

    wide = responses.set_index(["instruction_id", "generator"])[["score", "chars", "headers"]]
    order = table[table["method"] == "lowess"]
    own = wide.loc[list(zip(order["instruction_id"], order["generator"], strict=True))].to_numpy()
    other = wide.loc[[(name, "g0") for name in order["instruction_id"]]].to_numpy()
    both = np.stack([own, other], axis=1)
    calibrated = Lowess(frac=0.8).fit(both[..., 1:], both[..., 0]).transform(both[..., 1:], both[..., 0])
    np.testing.assert_allclose(order["preference"], expit(calibrated[:, 0] - calibrated[:, 1]))
    assert not hasattr(method, "number_of_characteristics")


def test_an_unknown_baseline_is_refused():
    with pytest.raises(RewardDataError, match="no responses of the baseline 'gpt'; the generators are g0, g1, g2, g3"):
        preferences(made_responses(), "gpt", {})


def test_an_instruction_without_the_baseline_is_named():
    responses = made_responses()
    lacking = (responses["generator"] == "g0") & (responses["instruction_id"] == "i7") & (responses["model"] == "m1")

    with pytest.raises(RewardDataError, match="'g0' has no response to instruction 'i7' scored by 'm1'"):
        preferences(responses[~lacking], "g0", {})
