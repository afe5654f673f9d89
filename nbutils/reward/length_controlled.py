"""AlpacaEval's length-controlled win rates (Dubois et al., arXiv 2404.04475, section 3), beside calibrated rewards.

The preference for a generator over the baseline is modelled as
sigmoid(theta + psi * difficulty of the instruction + phi * tanh(length difference / its standard deviation)),
and the win rate is the mean prediction with the length term set to zero: what the judge would have said had both been
equally long. With the same responses on both sides this is 1/2, and it changes sign with the sides.
"""

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression

from nbutils.reward.errors import RewardDataError
from nbutils.reward.ranking import JUDGE

FEWEST_INSTRUCTIONS = 20
# Half of it times the sum of squares of psi and phi is added to the negative log likelihood.
PENALTY = 1.0


def length_controlled_win_rates(preferences: pd.DataFrame) -> pd.DataFrame:
    """Win rates of all generators had their responses been as long as the baseline's.

    As in the paper psi and phi have an L2 penalty, and preferences may be fractions. Three parts differ. The penalty is
    fixed and weak (a unit normal prior), not cross-validated, which now and then shrinks the length effect to nothing
    where one side is nearly always the longer. The difficulty of an instruction is the centred empirical log odds of
    the other generators' losses, not a parameter fitted to a whole leaderboard; with one generator there is none. The
    paper's defence against truncated responses, which needs its own responses of that kind, is left out.

    Args:
        preferences: one row per `model`, `method`, `generator` and `instruction_id` with `preference` (0 to 1: for the
            generator), `chars` and `baseline_chars` (characters of both responses).

    Returns:
        One row per model, method and generator: `model`, `method`, `generator`, `win_rate` (0 to 1, length-controlled),
        `low` and `high` (95 %, over instructions, by the delta method on the logit), `raw_win_rate` (mean preference),
        `length_effect` (phi: log odds between far longer and equally long), `null` (1/2), `n` (instructions).

    Raises:
        RewardDataError: a generator with fewer than 20 instructions.
    """
    preferences = preferences.reset_index(drop=True)
    rows = []
    for judge, part in preferences.groupby(JUDGE, observed=True, sort=False):
        difficulty = _difficulty(part)
        for generator, own in part.groupby("generator", observed=True, sort=False):
            if len(own) < FEWEST_INSTRUCTIONS:
                raise RewardDataError(
                    f"generator {generator!r} has {len(own)} instructions, and {FEWEST_INSTRUCTIONS} are needed for a "
                    "length-controlled win rate: give more, or leave it out."
                )
            preference = own["preference"].to_numpy(float)
            fitted = _fit(
                preference, (own["chars"] - own["baseline_chars"]).to_numpy(float), difficulty[own.index].to_numpy()
            )
            named = dict(zip(JUDGE, judge, strict=True)) | {"generator": generator}
            rows.append(named | fitted | {"raw_win_rate": preference.mean(), "null": 0.5, "n": len(own)})
    columns = ["win_rate", "low", "high", "raw_win_rate", "length_effect", "null", "n"]
    return pd.DataFrame(rows, columns=[*JUDGE, "generator", *columns])


def _difficulty(rows: pd.DataFrame) -> pd.Series:
    """How much the other generators lose on a row's instruction, as a centred log odds; 0 where there is no other."""
    by_instruction = rows.groupby("instruction_id", observed=True)["preference"]
    others = by_instruction.transform("size") - 1
    won = by_instruction.transform("sum") - rows["preference"]
    difficulty = np.log((others - won + 0.5) / (won + 0.5))
    return difficulty - difficulty.groupby(rows["generator"], observed=True).transform("mean")


def _fit(preference: np.ndarray, length_difference: np.ndarray, difficulty: np.ndarray) -> dict[str, float]:
    """Win rate at equal length with its interval, and the effect of length, of one generator [n]."""
    n = len(preference)
    scale = length_difference.std() or 1.0
    features = np.column_stack([difficulty, np.tanh(length_difference / scale)])
    # A fractional preference is a win and a loss of the same instruction with the fractions as weights.
    outcome, weight = np.repeat([1, 0], n), np.concatenate([preference, 1 - preference])
    model = LogisticRegression(C=1 / PENALTY).fit(np.tile(features, (2, 1)), outcome, sample_weight=weight)
    theta, (psi, phi) = model.intercept_[0], model.coef_[0]
    coefficients = np.array([theta, psi, phi])
    design = np.column_stack([np.ones(n), features])
    equal = design * [1, 1, 0]
    at_equal_length = expit(equal @ coefficients)
    win_rate = at_equal_length.mean()
    predicted = expit(design @ coefficients)
    information = (design * (predicted * (1 - predicted))[:, None]).T @ design + PENALTY * np.diag([0, 1, 1])
    slope = (equal * (at_equal_length * (1 - at_equal_length))[:, None]).mean(0)
    # What each instruction contributes to the win rate: through its own prediction and through the coefficients.
    influence = (
        at_equal_length
        - win_rate
        + (design * (preference - predicted)[:, None]) @ np.linalg.solve(information, slope) * n
    )
    error = np.sqrt(influence @ influence) / n / max(win_rate * (1 - win_rate), np.finfo(float).tiny)
    low, high = expit(logit(win_rate) + norm.ppf([0.025, 0.975]) * error)
    return {"win_rate": win_rate, "low": low, "high": high, "length_effect": phi}
