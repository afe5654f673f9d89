"""How probably each language model's response beats a baseline's, as the rewards are and calibrated.

Huang et al., arXiv 2409.17407: the preference for a response over the baseline's is sigmoid(its score - baseline's).
"""

import copy
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.special import expit

from nbutils.reward.calibrators import Calibrator
from nbutils.reward.cross_fitting import UNCALIBRATED
from nbutils.reward.errors import RewardDataError


def preferences(
    responses: pd.DataFrame,
    baseline: str,
    methods: Mapping[str, Calibrator],
    characteristics: Sequence[str] = ("chars",),
) -> pd.DataFrame:
    """Preference for each generator's response over the baseline's, as scored ("none") and with each method.

    A calibrator is fitted once for each reward model, to all pairs of a generator's response and the baseline's, which
    have no labels that it could learn. Each response is calibrated by its own characteristics, the baseline's by its.

    Args:
        responses: one row per `model` (the reward), `generator` and `instruction_id`, with `score` and the
            `characteristics`, all finite.
        baseline: generator that the others are compared with.
        methods: calibrators by name, left as they are.
        characteristics: what they see.

    Returns:
        One row per model, method, generator (without the baseline) and instruction: `model`, `method`, `generator`
        (categories), `instruction_id`, `preference` (0 to 1), `<characteristic>` and `baseline_<characteristic>`.

    Raises:
        RewardDataError: the baseline has no responses, or none to an instruction that another generator answers.
    """
    paired = _beside_baseline(responses, baseline, ["score", *characteristics])
    tables = []
    for _, rows in paired.groupby("model", observed=True, sort=False):
        values = np.stack([rows[[name, f"baseline_{name}"]].to_numpy(float) for name in characteristics], axis=-1)
        scores = {UNCALIBRATED: rows[["score", "baseline_score"]].to_numpy(float)}
        for name, method in methods.items():
            scores[name] = copy.copy(method).fit(values, scores[UNCALIBRATED]).transform(values, scores[UNCALIBRATED])
        for name, (own, others) in ((name, calibrated.T) for name, calibrated in scores.items()):
            tables.append(
                rows.drop(columns=["score", "baseline_score"]).assign(method=name, preference=expit(own - others))
            )
    table = pd.concat(tables, ignore_index=True).astype(dict.fromkeys(["model", "method", "generator"], "category"))
    first = ["model", "method", "generator", "instruction_id", "preference"]
    return table[[*first, *table.columns.difference(first, sort=False)]]


def _beside_baseline(responses: pd.DataFrame, baseline: str, columns: Sequence[str]) -> pd.DataFrame:
    """Responses of the other generators with the baseline's columns for the same model and instruction."""
    key = ["model", "instruction_id"]
    own = responses["generator"] == baseline
    if not own.any():
        names = ", ".join(map(str, responses["generator"].unique()[:8]))
        raise RewardDataError(f"no responses of the baseline {baseline!r}; the generators are {names} ...")
    beside = responses.loc[own, [*key, *columns]].rename(columns={name: f"baseline_{name}" for name in columns})
    paired = responses.loc[~own, [*key, "generator", *columns]].merge(beside, on=key, how="left", validate="m:1")
    lacking = paired["baseline_score"].isna()
    if lacking.any():
        row = paired[lacking].iloc[0]
        raise RewardDataError(
            f"the baseline {baseline!r} has no response to instruction {row['instruction_id']!r} scored by "
            f"{row['model']!r}: add it, or leave the instruction out."
        )
    return paired
