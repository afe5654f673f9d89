"""What `reward_calibration` looks at: the reader's scores or the embedded pairs, and beside them the simulation."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from nbutils.reward.characteristics import with_characteristics
from nbutils.reward.confounding import confounding
from nbutils.reward.cross_fitting import CROSS_FITTED, UNCALIBRATED, cross_fitted_margins
from nbutils.reward.embedded import embedded_pairs
from nbutils.reward.gains import score_gains
from nbutils.reward.io import describe, read_leaderboard, read_pairs, read_responses
from nbutils.reward.io.table import ending_of
from nbutils.reward.methods import LWR, pair_methods
from nbutils.reward.parameters import names_in
from nbutils.reward.preferences import preferences
from nbutils.reward.settings import gains_by_setting
from nbutils.reward.simulated import simulated_pairs, simulated_responses

EMBEDDED, SIMULATION = "Embedded pairs", "Simulation"
SIMULATED_BASELINE = "simulated-baseline"
MOST_MODELS_SWEPT = 6


class DataSet(NamedTuple):
    """Scored pairs, and the characteristics that are removed from their scores."""

    pairs: pd.DataFrame
    characteristics: list[str]


def data_name(path: str, otherwise: str = EMBEDDED) -> str:
    """How figures and claims call the data: like the file or folder, or `otherwise` where there is none."""
    if not path:
        return otherwise
    file = Path(path).expanduser().resolve()
    name = file.name.removesuffix(ending_of(file))
    return f"{name} (given)" if name == SIMULATION else name


def data_sets(
    scores: str,
    characteristics: str = "chars",
    *,
    model: str = "moe-scratch",
    pairs: int = 600,
    simulated_models: int = 33,
    device: str = "auto",
    seed: int = 0,
) -> dict[str, DataSet]:
    """The given pairs, or the embedded ones, and the simulated ones, by the name of the data.

    Args:
        scores: file or folder as `read_pairs` takes it; "" for `embedded_pairs`.
        characteristics: names with commas; the simulation knows characters alone.
        model: language model that scores the embedded pairs.
        pairs: number of embedded pairs.
        simulated_models: number of simulated reward models.
        device: where the language model runs.
        seed: draws the embedded pairs and the simulation.

    Raises:
        RewardDataError: the file cannot be used, or has neither a characteristic nor the texts to count it in.
        ModelError: the model cannot be loaded.
        ValueError: there are not so many embedded pairs.
    """
    names = names_in(characteristics)
    given = read_pairs(Path(scores).expanduser()) if scores else embedded_pairs(model, pairs, seed, device=device)
    return {
        data_name(scores): DataSet(with_characteristics(given, names), names),
        SIMULATION: DataSet(simulated_pairs(simulated_models, seed=seed), ["chars"]),
    }


def data_overview(data: Mapping[str, DataSet]) -> pd.DataFrame:
    """Size, accuracy and lengths of each subset of each data set.

    Returns:
        One row per data set and subset, "all" last: `data`, `subset`, `models`, `pairs` and `prompts` (of the model
        that has most), `accuracy` (mean over models, as scored), `lowest` and `highest` (of a model), `ties` (pairs
        scored alike, all models together), `median_chosen_chars`, `median_rejected_chars`.
    """
    parts = []
    for name, (pairs, _) in data.items():
        table = (
            describe(pairs)
            .groupby("subset", sort=False, as_index=False)
            .agg(
                models=("model", "nunique"),
                pairs=("pairs", "max"),
                prompts=("prompts", "max"),
                accuracy=("accuracy", "mean"),
                lowest=("accuracy", "min"),
                highest=("accuracy", "max"),
                ties=("ties", "sum"),
                median_chosen_chars=("median_chosen_chars", "median"),
                median_rejected_chars=("median_rejected_chars", "median"),
            )
        )
        parts.append(table.assign(data=name))
    together = pd.concat(parts, ignore_index=True)
    return together[["data", *together.columns.drop("data")]]


def margins_by_data(
    data: Mapping[str, DataSet], *, frac: float = 0.5, alpha: float = 1.0, folds: int = 5, seed: int = 0
) -> dict[str, pd.DataFrame]:
    """`cross_fitted_margins` of every method of `pair_methods`, by the name of the data."""
    return {
        name: cross_fitted_margins(pairs, pair_methods(names, frac, alpha), names, folds=folds, seed=seed)
        for name, (pairs, names) in data.items()
    }


def warnings_by_data(data: Mapping[str, DataSet]) -> pd.DataFrame:
    """Rows of `confounding` for each data set and each characteristic that is removed, with a column `data`."""
    tables = [
        confounding(pairs, characteristic).assign(data=name)
        for name, (pairs, names) in data.items()
        for characteristic in names
    ]
    return pd.concat(tables, ignore_index=True)


def section_gains_by_data(margins: Mapping[str, pd.DataFrame], resamples: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Rows of `score_gains` for RC-LWR, cross-fitted, with `data`; none where no subset is RewardBench's."""
    tables = []
    for name, table in margins.items():
        tables.append(score_gains(before_and_lwr(table), resamples, seed).assign(data=name))
    return pd.concat(tables, ignore_index=True)


def before_and_lwr(margins: pd.DataFrame) -> pd.DataFrame:
    """The margins as scored and those of RC-LWR, cross-fitted."""
    lwr = margins["method"].eq(LWR) & margins["fit"].eq(CROSS_FITTED)
    return margins[margins["method"].eq(UNCALIBRATED) | lwr]


def settings_by_data(
    data: Mapping[str, DataSet],
    *,
    frac: float = 0.5,
    alpha: float = 1.0,
    folds: int = 5,
    resamples: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """Rows of `gains_by_setting` for the first six models of each data set, with a column `data`."""
    settings = {"frac": frac, "alpha": alpha, "folds": folds, "resamples": resamples, "seed": seed}
    tables = []
    for name, (pairs, names) in data.items():
        first = pairs["model"].isin(pairs["model"].unique()[:MOST_MODELS_SWEPT])
        tables.append(gains_by_setting(pairs[first], names, **settings).assign(data=name))
    return pd.concat(tables, ignore_index=True)


def given_responses(
    outputs: str, leaderboard: str, baseline: str, seed: int = 0
) -> tuple[pd.DataFrame, pd.DataFrame, str]:
    """Scored responses of many generators, ratings of the generators, and the baseline's name.

    Args:
        outputs: file or folder as `read_responses` takes it; "" for `simulated_responses`, which bring their ratings
            and their baseline.
        leaderboard: file as `read_leaderboard` takes it; "" for none, and the table of ratings is then empty.
        baseline: generator that the others are compared with.
        seed: of the simulation.

    Raises:
        RewardDataError: a file cannot be used, or the baseline has no response to an instruction.
    """
    if not outputs:
        return *simulated_responses(seed=seed), SIMULATED_BASELINE
    nobody = pd.DataFrame({"generator": pd.Series(dtype=str), "rating": pd.Series(dtype=float)})
    ratings = read_leaderboard(Path(leaderboard).expanduser()) if leaderboard else nobody
    responses = read_responses(Path(outputs).expanduser())
    preferences(responses, baseline, {})  # refuses a baseline that lacks responses before anything else is measured
    return responses, ratings, baseline
