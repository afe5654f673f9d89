import numpy as np
import pandas as pd
import pytest
from scipy.stats import kendalltau, spearmanr

from nbutils.reward.calibrators import LengthPenalty
from nbutils.reward.generator_order import LENGTH_CONTROLLED, rank_generators
from nbutils.reward.simulated import simulated_responses


@pytest.fixture(scope="module")
def made():
    return simulated_responses(2, 8, 60, seed=6)


def test_correlations_are_those_of_the_win_rates(made):
    responses, ratings = made

    ranking = rank_generators(responses, ratings, "simulated-baseline", {"penalty": LengthPenalty()}, 50)

    values = ranking.correlations.set_index(["model", "method", "statistic"]).sort_index()["value"]
    for judge, rows in ranking.win_rates.groupby(["model", "method"], observed=True):
        found = values.loc[judge]
        assert found["spearman"] == pytest.approx(spearmanr(rows["win_rate"], rows["rating"]).statistic)
        assert found["kendall"] == pytest.approx(kendalltau(rows["win_rate"], rows["rating"]).statistic)
    controlled = ranking.correlations[ranking.correlations["method"] == LENGTH_CONTROLLED]
    assert len(controlled) == 4
    assert controlled["value"].between(-1, 1).all()
    assert controlled[["low", "high"]].isna().all(axis=None)
    lengths = responses.groupby("generator", observed=True)["chars"].mean()
    np.testing.assert_allclose(ranking.win_rates["chars"], lengths[ranking.win_rates["generator"]])


def test_without_ratings(made):
    nobody = pd.DataFrame({"generator": pd.Series(dtype=str), "rating": pd.Series(dtype=float)})

    ranking = rank_generators(made[0], nobody, "simulated-baseline", {}, 50)

    assert ranking.correlations.empty
    assert ranking.win_rates["rating"].isna().all()
