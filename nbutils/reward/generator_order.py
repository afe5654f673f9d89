"""What a calibration does to the order of language models, beside AlpacaEval's length-controlled win rates."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from nbutils.reward.calibrators import Calibrator
from nbutils.reward.cross_fitting import UNCALIBRATED
from nbutils.reward.length_controlled import length_controlled_win_rates
from nbutils.reward.preferences import preferences
from nbutils.reward.ranking import correlations, kendall, spearman, win_rates

LENGTH_CONTROLLED = "AlpacaEval's GLM"
STATISTICS = {"spearman": spearman, "kendall": kendall}


@dataclass
class Ranking:
    """Tables of `rank_generators`.

    Attributes:
        win_rates: of `win_rates`, with `rating` and `chars` (mean length, characters) of each generator.
        correlations: of `correlations`, with rows of the method "AlpacaEval's GLM" that have no interval; empty where
            there are no ratings.
    """

    win_rates: pd.DataFrame
    correlations: pd.DataFrame


def rank_generators(
    responses: pd.DataFrame,
    ratings: pd.DataFrame,
    baseline: str,
    methods: Mapping[str, Calibrator],
    resamples: int = 1000,
    seed: int = 0,
) -> Ranking:
    """Win rates and their rank correlation with ratings, as scored, with each method, and length-controlled.

    Args:
        responses: as for `preferences`, with `chars`.
        ratings: `generator` and `rating`; may be empty.
        baseline: generator that the others are compared with.
        methods: calibrators of lengths by name.
        resamples: bootstrap samples over instructions.
        seed: of the bootstrap.

    Raises:
        RewardDataError: the baseline lacks a response, a generator has too few, or too few of them are rated.
    """
    preferred = preferences(responses, baseline, methods)
    lengths = responses.groupby("generator", observed=True)["chars"].mean().rename("chars").reset_index()
    rates = win_rates(preferred, resamples, seed).astype({"generator": str})
    rates = rates.merge(lengths.astype({"generator": str}), on="generator", how="left")
    rates = rates.merge(ratings, on="generator", how="left")
    if ratings.empty:
        return Ranking(rates, pd.DataFrame())
    table = correlations(preferred, ratings, resamples, seed)
    controlled = length_controlled_win_rates(preferred[preferred["method"] == UNCALIBRATED])
    return Ranking(rates, pd.concat([table, _correlations_of_rates(controlled, ratings)], ignore_index=True))


def _correlations_of_rates(rates: pd.DataFrame, ratings: pd.DataFrame) -> pd.DataFrame:
    """Rows of `correlations` without intervals, from the win rate of each generator."""
    rows = []
    for model, part in rates.astype({"generator": str}).merge(ratings, on="generator").groupby("model", sort=False):
        for statistic, measure in STATISTICS.items():
            value = measure(part["win_rate"].to_numpy()[None], part["rating"].to_numpy())[0]
            rows.append({"model": model, "method": LENGTH_CONTROLLED, "statistic": statistic, "value": value})
    return pd.DataFrame(rows).assign(null=0.0, n=len(part))
