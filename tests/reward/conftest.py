"""Tables of a small simulation, from which figures, captions and findings are made."""

import pytest

from nbutils import reward
from nbutils.reward.measure import DataSet

LONG = "/runs/reward models/a-long-name/$final_b$"


@pytest.fixture(scope="session")
def data():
    """One model whose name is long and two characteristics; and 14 simulated models."""
    given = reward.simulated_pairs(1, 200, seed=1)
    given = given.assign(
        model=given["model"].cat.rename_categories([LONG]),
        chosen_lists=given["chosen_chars"] % 5,
        rejected_lists=given["rejected_chars"] % 5,
    )
    return {
        "Given": DataSet(given, ["chars", "lists"]),
        "Simulation": DataSet(reward.simulated_pairs(14, 200, seed=1), ["chars"]),
    }


@pytest.fixture(scope="session")
def tables(data):
    """A table for each figure."""
    margins = reward.margins_by_data(data, seed=1)
    of_length = reward.pair_methods()["RC-LWR"]
    lwr = reward.pair_methods(["chars", "lists"])["RC-LWR"]
    judged = reward.before_and_lwr(margins["Given"])
    responses, ratings = reward.simulated_responses(4, 10, 60, seed=1)
    ranking = reward.rank_generators(responses, ratings, "simulated-baseline", reward.ranking_methods(), 100)
    return {
        "curves": reward.curves_before_and_after(*data["Given"][:1], lwr, ["chars", "lists"], resamples=20),
        "planted": reward.planted_curves(data["Simulation"].pairs, of_length, 14, resamples=20, seed=1),
        "accuracies": reward.accuracy_before_and_after(margins["Given"], "RC-LWR"),
        "sections": reward.section_gains_by_data(margins, 100),
        "gains": {name: reward.gains_and_means(table, 100) for name, table in margins.items()},
        "warnings": reward.warnings_by_data(data),
        "associations": reward.gains_by_association(of_length, [-1.5, 0.0, 1.5], samples=4, pairs=200),
        "settings": reward.settings_by_data(data, resamples=100),
        "removal": reward.removal_curves(400),
        "reliability": reward.reliability(judged),
        "probabilities": reward.probability_scores(judged, resamples=100, null_samples=50),
        "correlations": ranking.correlations,
        "win_rates": ranking.win_rates,
        "margins": margins,
        "recovered": reward.recovered_bias(data["Simulation"].pairs, margins["Simulation"], "RC-LWR", "cross-fitted"),
    }
