"""SIMULATION: reward models with a planted length bias, where the reward without it is known.

Nothing here was measured. Subsets and their numbers of pairs are RewardBench's; lengths, margins and biases are
invented so that they look like those of real reward models. Every name begins with "simulated".
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from nbutils.reward.sections import SECTIONS

PAIRS = {subset: count for section in SECTIONS.values() for subset, count in section.items()} | {"math-prm": 447}

# Typical length in characters; mean margin in quality between chosen and rejected; by how many standard deviations the
# chosen response is longer. Adversarial subsets have small margins, and refusals and proofs are the shorter answers.
TYPICAL = {
    "alpacaeval": (1200, 2.2, 0.6),
    "mt-bench": (1400, 1.6, 0.3),
    "llmbar": (600, 0.9, -0.3),
    "refusals": (500, 1.8, -0.5),
    "xstest": (450, 1.5, 0.3),
    "donotanswer": (700, 1.2, 0.2),
    "math-prm": (1100, 1.4, -0.8),
    "hep": (700, 1.7, 0.1),
}
SPREAD_BETWEEN_PAIRS, SPREAD_WITHIN_PAIR = 0.4, 0.45  # of the logarithm of the length
CENTRE, UNIT = 1000, 0.7  # characters, and difference in logarithm, at which a bias is 0 and 1 if it is logarithmic

SHAPES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "logarithmic": lambda z: z,
    "saturating": lambda z: np.tanh(1.5 * z),
    "threshold": lambda z: np.logaddexp(0, 4 * z) / 4 - np.log(2) / 4,
    "proportional": lambda z: np.exp(UNIT * z) - 1,
    "hump": lambda z: 2 * np.exp(-((z - 0.7) ** 2)) - 2 * np.exp(-0.49),
    "none": np.zeros_like,
}


def planted_bias(shape: str, strength: float, chars: np.ndarray) -> np.ndarray:
    """The bias at each length: 0 at 1000 characters, smooth, and `strength` times one of `SHAPES` of the log length."""
    return strength * SHAPES[shape](np.log(np.asarray(chars, dtype=float) / CENTRE) / UNIT)


def simulated_models(models: int = 33, seed: int = 0) -> pd.DataFrame:
    """Simulated reward models.

    Returns:
        One row per model: `model`, `shape` (of the bias), `strength` (in units of the score; negative, zero and
        positive, more of the last), `skill` (what a unit of quality adds, before scaling) and `scale` (of the score).
    """
    rng = np.random.default_rng([seed, 0])
    shape = np.resize(list(SHAPES), models)
    scale = rng.lognormal(0, 0.7, models)
    strength = rng.permutation(np.linspace(-0.5, 1.3, models)) * scale
    return pd.DataFrame(
        {
            "model": [f"simulated-{number:02}" for number in range(1, models + 1)],
            "shape": shape,
            "strength": np.where(shape == "none", 0.0, strength),
            "skill": rng.uniform(0.7, 1.6, models),
            "scale": scale,
        }
    )


def simulated_pairs(models: int = 33, pairs: int = 2985, seed: int = 0, *, association: float = 0.0) -> pd.DataFrame:
    """Simulated RewardBench: the same pairs scored by each of `simulated_models`.

    score = true reward + planted bias of the length; the true reward is skill x quality + noise, in the model's scale.

    Args:
        models: their number.
        pairs: their number, shared among RewardBench's subsets in proportion to its counts.
        seed: draws models, pairs and noise.
        association: how much longer the chosen response is on average over all pairs, in standard deviations of the
            difference in log length. At 0 length predicts nothing overall, while subsets go one way and the other.

    Returns:
        `pairs` with `chosen_chars` and `rejected_chars`, and beside each score its two parts: `chosen_true`,
        `rejected_true`, `chosen_bias`, `rejected_bias`. `prompt_id` is `pair_id`.

    Raises:
        ValueError: `models` or `pairs` is below 1.
    """
    if min(models, pairs) < 1:
        raise ValueError(f"models={models} and pairs={pairs} have to be at least 1")
    rng = np.random.default_rng([seed, 1])
    subset = _subsets(pairs)
    typical = np.array([TYPICAL[next(kind for kind in TYPICAL if name.startswith(kind))] for name in subset])
    margin = rng.gamma(2, typical[:, 1] / 2)
    longer = typical[:, 2] - typical[:, 2].mean() + association
    level, length = rng.normal(0, 0.5, pairs), rng.normal(0, SPREAD_BETWEEN_PAIRS, pairs)
    sides = {}
    for side, sign in (("chosen", 0.5), ("rejected", -0.5)):
        own = rng.normal(0, SPREAD_WITHIN_PAIR, pairs) + sign * longer * np.sqrt(2) * SPREAD_WITHIN_PAIR
        chars = np.maximum(1, np.round(typical[:, 0] * np.exp(length + own)))
        sides[side] = (chars, level + sign * margin)
    ids = pd.array([f"simulated-{number:05}" for number in range(pairs)], dtype="str")
    tables = []
    for model in simulated_models(models, seed).itertuples():
        table = {"model": model.model, "pair_id": ids, "prompt_id": ids, "subset": subset}
        for side, (chars, quality) in sides.items():
            true = model.scale * (model.skill * quality + rng.normal(0, 0.7, pairs))
            table |= _scores(model, chars, true, f"{side}_")
        tables.append(pd.DataFrame(table))
    together = pd.concat(tables, ignore_index=True)
    return together.astype({"model": "category", "subset": "category"})


def simulated_responses(
    reward_models: int = 8, generators: int = 24, instructions: int = 805, seed: int = 0, *, association: float = 0.0
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Simulated AlpacaEval: each generator's response to each instruction, scored by each of `simulated_models`.

    Generators differ in quality and, independently at `association` 0, in how long they write; "simulated-baseline" is
    one more, better and longer than most.

    Args:
        reward_models: their number.
        generators: their number, without the baseline.
        instructions: their number.
        seed: draws models, generators and noise.
        association: correlation, over generators, of quality and log length, in [-1, 1].

    Returns:
        `responses` (`model`, `generator`, `instruction_id`, `score`, `chars`, `true`, `bias`; score = true + bias) and
        the leaderboard (`generator`, `rating`: 1000 + 100 x quality), which is known as the quality is.

    Raises:
        ValueError: a number is below 1, or `association` beyond [-1, 1].
    """
    if min(reward_models, generators, instructions) < 1 or not -1 <= association <= 1:
        raise ValueError(
            f"reward_models={reward_models}, generators={generators} and instructions={instructions} have to be at "
            f"least 1, and association={association} between -1 and 1"
        )
    rng = np.random.default_rng([seed, 2])
    quality = rng.normal(0, 1, generators)
    verbosity = association * quality + np.sqrt(1 - association**2) * rng.normal(0, 1, generators)
    names = ["simulated-baseline", *(f"simulated-generator-{number:02}" for number in range(1, generators + 1))]
    quality, verbosity = np.append(1.2, quality), np.append(0.8, verbosity)
    shape = (generators + 1, instructions)
    length = 0.4 * verbosity[:, None] + rng.normal(0, 0.3, instructions) + rng.normal(0, 0.35, shape)
    chars = np.maximum(1, np.round(1500 * np.exp(length))).ravel()
    merit = (0.5 * quality[:, None] + rng.normal(0, 0.7, instructions) + rng.normal(0, 0.7, shape)).ravel()
    generator = pd.Categorical.from_codes(np.repeat(np.arange(generators + 1), instructions), names)
    instruction = pd.array([f"simulated-{number:04}" for number in range(instructions)] * (generators + 1), dtype="str")
    tables = []
    for model in simulated_models(reward_models, seed).itertuples():
        true = model.scale * (model.skill * merit + rng.normal(0, 0.7, len(merit)))
        table = {"model": model.model, "generator": generator, "instruction_id": instruction}
        tables.append(pd.DataFrame(table | _scores(model, chars, true, "")))
    responses = pd.concat(tables, ignore_index=True).astype({"model": "category"})
    return responses, pd.DataFrame({"generator": names, "rating": 1000 + 100 * quality})


def _scores(model, chars: np.ndarray, true: np.ndarray, prefix: str) -> dict[str, np.ndarray]:
    bias = planted_bias(model.shape, model.strength, chars)
    parts = {"score": true + bias, "chars": chars, "true": true, "bias": bias}
    return {prefix + name: values for name, values in parts.items()}


def _subsets(pairs: int) -> np.ndarray:
    """The subset of each pair: counts in proportion to RewardBench's, rounded so that they add up."""
    shares = np.cumsum(list(PAIRS.values())) / sum(PAIRS.values())
    return np.repeat(list(PAIRS), np.diff(np.round(shares * pairs).astype(int), prepend=0))
