import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from scipy.stats import spearmanr

from nbutils.reward.simulated import (
    PAIRS,
    SHAPES,
    planted_bias,
    simulated_models,
    simulated_pairs,
    simulated_responses,
)


@pytest.fixture(scope="module")
def pairs():
    return simulated_pairs()


def share_longer(table):
    once = table[table["model"] == table["model"].iloc[0]]
    return (once["chosen_chars"] > once["rejected_chars"]).mean()


class TestPlantedBias:
    def test_is_zero_at_a_thousand_characters_and_smooth(self):
        chars = np.linspace(50, 8000, 20_000)
        for shape in SHAPES:
            assert planted_bias(shape, 2.0, np.array([1000])) == pytest.approx(0, abs=1e-12)
            bias = planted_bias(shape, 2.0, chars)
            slopes = np.diff(bias) / np.diff(np.log(chars))
            assert np.abs(np.diff(slopes)).max() < 0.1
            np.testing.assert_allclose(planted_bias(shape, -1.0, chars), -bias / 2)

    def test_shapes_differ(self):
        chars = np.geomspace(1000, 8000, 50)
        curves = {shape: planted_bias(shape, 1.0, chars) for shape in SHAPES}
        assert (np.diff(curves["logarithmic"]) > 0).all()
        assert np.diff(curves["hump"]).min() < 0 < np.diff(curves["hump"]).max()
        assert not curves["none"].any()
        steepness = [np.diff(curves[shape])[-1] / np.diff(curves[shape])[0] for shape in ("saturating", "threshold")]
        assert steepness[0] < 1 < steepness[1]


def test_models_have_biases_of_both_signs_and_none():
    table = simulated_models(33, seed=4)
    assert table["model"].is_unique
    assert (table["strength"] < 0).any()
    assert (table["strength"] == 0).sum() >= 5
    assert (table["strength"] > 0).mean() > 0.5
    assert set(table["shape"]) == set(SHAPES)


class TestPairs:
    def test_has_the_subsets_of_rewardbench(self, pairs):
        assert len(pairs) == 33 * 2985
        counts = pairs["subset"].value_counts() // 33
        assert counts.to_dict() == PAIRS
        assert sum(PAIRS.values()) == 2985
        assert not pairs.duplicated(["model", "pair_id"]).any()
        assert pairs["model"].nunique() == 33

    def test_scores_are_the_true_reward_and_the_planted_bias(self, pairs):
        models = simulated_models().set_index("model")
        for side in ("chosen", "rejected"):
            np.testing.assert_array_equal(pairs[f"{side}_score"], pairs[f"{side}_true"] + pairs[f"{side}_bias"])
            for name, group in pairs.groupby("model", observed=True):
                planted = planted_bias(models["shape"][name], models["strength"][name], group[f"{side}_chars"])
                np.testing.assert_allclose(group[f"{side}_bias"], planted)
        assert np.isfinite(pairs.select_dtypes("number")).all(axis=None)

    def test_models_score_the_same_responses(self, pairs):
        for column in ("pair_id", "subset", "chosen_chars", "rejected_chars"):
            by_model = pairs[column].to_numpy().reshape(33, -1)
            assert (by_model == by_model[0]).all()

    def test_the_true_reward_does_not_depend_on_length(self):
        table = simulated_pairs(models=1, pairs=60_000, seed=3)
        difference = np.log(table["chosen_chars"] / table["rejected_chars"])
        within = difference - difference.groupby(table["subset"], observed=True).transform("mean")
        margin = table["chosen_true"] - table["rejected_true"]
        within_margin = margin - margin.groupby(table["subset"], observed=True).transform("mean")
        assert abs(np.corrcoef(within, within_margin)[0, 1]) < 4 / np.sqrt(60_000)

    def test_length_and_label_go_together_as_asked(self):
        tables = {a: simulated_pairs(models=1, pairs=20_000, association=a) for a in (-0.8, 0.0, 0.8)}
        means = [np.log(t["chosen_chars"] / t["rejected_chars"]).mean() / (np.sqrt(2) * 0.45) for t in tables.values()]
        assert means == pytest.approx([-0.8, 0, 0.8], abs=0.03)
        assert [share_longer(table) > 0.55 for table in tables.values()] == [False, False, True]
        by_subset = tables[0.0].groupby("subset", observed=True)[["chosen_chars", "rejected_chars"]].mean()
        longer = by_subset["chosen_chars"] > by_subset["rejected_chars"]
        assert longer["alpacaeval-easy"]
        assert not longer["math-prm"]

    def test_lengths_are_whole_and_skewed(self, pairs):
        chars = pairs["chosen_chars"]
        assert (chars == chars.round()).all()
        assert chars.min() >= 1
        assert chars.mean() > chars.median()

    def test_accuracy_is_lost_to_bias_where_there_is_one(self, pairs):
        right = (pairs["chosen_score"] > pairs["rejected_score"]).groupby(pairs["model"], observed=True).mean()
        true = (pairs["chosen_true"] > pairs["rejected_true"]).groupby(pairs["model"], observed=True).mean()
        strengths = simulated_models().set_index("model")["strength"]
        assert (right[strengths == 0] == true[strengths == 0]).all()
        assert (true - right).mean() > 0.01
        assert true.between(0.75, 0.97).all()

    def test_the_seed_decides(self):
        pd.testing.assert_frame_equal(simulated_pairs(models=2), simulated_pairs(models=2))
        assert not simulated_pairs(models=1, seed=1)["chosen_score"].equals(simulated_pairs(models=1)["chosen_score"])

    def test_any_number_of_pairs(self):
        assert len(simulated_pairs(models=2, pairs=7)) == 14
        with pytest.raises(ValueError, match="models=2 and pairs=0"):
            simulated_pairs(models=2, pairs=0)


class TestResponses:
    def test_tables(self):
        responses, leaderboard = simulated_responses(3, 5, 20, seed=2)
        assert len(responses) == 3 * 6 * 20
        assert not responses.duplicated(["model", "generator", "instruction_id"]).any()
        assert list(leaderboard["generator"]) == list(responses["generator"].cat.categories)
        assert leaderboard["generator"][0] == "simulated-baseline"
        np.testing.assert_array_equal(responses["score"], responses["true"] + responses["bias"])
        chars = responses["chars"].to_numpy().reshape(3, -1)
        assert (chars == chars[0]).all()

    def test_bias_disturbs_an_order_that_the_true_reward_gets_right(self):
        responses, leaderboard = simulated_responses(seed=0)
        correlations = {}
        for column in ("score", "true"):
            scores = responses[column].to_numpy().reshape(8, len(leaderboard), -1)
            win_rates = expit(scores - scores[:, :1]).mean(axis=2)[:, 1:]
            ratings = leaderboard["rating"][1:]
            correlations[column] = np.mean([spearmanr(rates, ratings)[0] for rates in win_rates])
        assert correlations["true"] > 0.97
        assert correlations["score"] < correlations["true"] - 0.03

    @pytest.mark.parametrize("association", [-0.7, 0.0, 0.7])
    def test_quality_and_verbosity_go_together_as_asked(self, association):
        responses, leaderboard = simulated_responses(1, 3000, 1, association=association)
        verbosity = np.log(responses["chars"].to_numpy()[1:])
        found = np.corrcoef(verbosity, leaderboard["rating"][1:])[0, 1]
        # Half of the variance in log length is the response's own.
        own = 0.4 / np.sqrt(0.4**2 + 0.35**2)
        assert found == pytest.approx(association * own, abs=0.07)

    def test_numbers_out_of_range(self):
        with pytest.raises(ValueError, match="instructions=0"):
            simulated_responses(instructions=0)
        with pytest.raises(ValueError, match="association=2"):
            simulated_responses(association=2)
