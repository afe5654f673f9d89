import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau, spearmanr

from nbutils.reward.errors import RewardDataError
from nbutils.reward.preferences import preferences
from nbutils.reward.ranking import correlations, kendall, spearman, win_rates
from tests.reward.test_preferences import made_responses

VALUES = st.lists(st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]), min_size=5, max_size=5)


def leaderboard(**ratings):
    return pd.DataFrame({"generator": list(ratings), "rating": list(ratings.values())})


def made_preferences(generators=7, instructions=60, seed=0):
    return preferences(made_responses(1, generators, instructions, seed), "g0", {})


def test_win_rates_are_means_with_an_interval_over_instructions():
    table = made_preferences(instructions=400)

    rates = win_rates(table)

    for row in rates.itertuples():
        own = table.query("generator == @row.generator")["preference"]
        assert row.win_rate == pytest.approx(own.mean())
        assert row.n == 400
        assert row.high - row.low == pytest.approx(2 * 1.96 * own.std() / 20, rel=0.15)
        assert row.null == 0.5


def test_a_generator_may_lack_instructions():
    table = made_preferences()
    lacking = (table["generator"] == "g2") & table["instruction_id"].isin(["i0", "i1", "i2"])

    row = win_rates(table[~lacking]).set_index("generator").loc["g2"]

    assert row["n"] == 57
    assert row["win_rate"] == pytest.approx(table[~lacking].query("generator == 'g2'")["preference"].mean())


@settings(max_examples=60)
@given(VALUES, VALUES)
def test_rank_correlations_are_scipys(rates, ratings):
    rates, ratings = np.array(rates), np.array(ratings)
    if len(set(rates)) == 1 or len(set(ratings)) == 1:
        assert np.isnan([spearman(rates[None], ratings)[0], kendall(rates[None], ratings)[0]]).all()
    else:
        assert spearman(rates[None], ratings)[0] == pytest.approx(spearmanr(rates, ratings).statistic)
        assert kendall(rates[None], ratings)[0] == pytest.approx(kendalltau(rates, ratings).statistic)


def test_correlations_are_over_common_generators():
    table = made_preferences()
    ratings = {"g1": 3.0, "g3": 1.0, "g4": 4.0, "g5": 1.0, "g6": 9.0, "g99": 0.0}

    result = correlations(table, leaderboard(**ratings), resamples=200).set_index("statistic")

    common = ["g1", "g3", "g4", "g5", "g6"]
    rates = win_rates(table, resamples=2).set_index("generator").loc[common, "win_rate"]
    rated = [ratings[name] for name in common]
    assert result.loc["spearman", "value"] == pytest.approx(spearmanr(rates, rated).statistic)
    assert result.loc["kendall", "value"] == pytest.approx(kendalltau(rates, rated).statistic)
    assert (result["n"] == 5).all()
    assert (result["low"] <= result["high"]).all()
    assert (result["low"] >= -1).all()


def test_intervals_are_those_of_instructions_drawn_one_by_one():
    table = made_preferences(instructions=40)
    ratings = {f"g{i}": float(i) for i in range(1, 7)}

    row = correlations(table, leaderboard(**ratings), resamples=2000).set_index("statistic").loc["kendall"]

    wide = table.pivot(index="instruction_id", columns="generator", values="preference")[list(ratings)].to_numpy()
    generator = np.random.default_rng(1)
    samples = [
        kendalltau(wide[generator.integers(0, 40, 40)].mean(0), list(ratings.values())).statistic for _ in range(1000)
    ]
    np.testing.assert_allclose([row["low"], row["high"]], np.quantile(samples, [0.025, 0.975]), atol=0.14)


def test_an_order_beyond_doubt_has_a_narrow_interval():
    responses = made_responses(1, 6, 200)
    responses["score"] += 2 * responses["generator"].str[1:].astype(float)

    table = correlations(preferences(responses, "g0", {}), leaderboard(g1=1, g2=2, g3=3, g4=4, g5=5), resamples=100)

    assert (table[["value", "low", "high"]] == 1).all(axis=None)


def test_few_common_generators_are_refused():
    with pytest.raises(RewardDataError, match=r"3 generators of 'm0' are on the leaderboard \(g1, g2, g3\), and 4"):
        correlations(made_preferences(), leaderboard(g1=1, g2=2, g3=3, other=4))


def test_every_model_and_method_is_ranked_apart():
    table = preferences(made_responses(3, 6), "g0", {})
    table = pd.concat([table, table.assign(method="copy")], ignore_index=True)

    assert len(win_rates(table, resamples=10)) == 3 * 2 * 5
    assert len(correlations(table, leaderboard(g1=1, g2=2, g3=3, g4=4), resamples=10)) == 3 * 2 * 2
