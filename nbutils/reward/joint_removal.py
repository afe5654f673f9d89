"""SIMULATION: two characteristics that go together, removed jointly and one after another.

A reward likes long responses and likes lists, and long responses hold more of them. The paper's code removes one
characteristic and then the next from what is left, so that the first takes part of the second's bias with it.
"""

import numpy as np
import pandas as pd

from nbutils.reward.calibrators import Lowess

CHARACTERISTICS = ("chars", "lists")
JOINTLY, LENGTH_FIRST, LISTS_FIRST = "jointly", "length, then lists", "lists, then length"
MOST_LISTS = 12


def simulated_lists(pairs: int = 3000, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Simulated responses whose number of list items grows with their length; which is chosen depends on neither.

    Args:
        pairs: their number.
        seed: of the draw.

    Returns:
        Characteristics [pairs, 2, 2] (characters, list items), scores [pairs, 2], and the planted bias of each
        characteristic [pairs, 2, 2]; the first response of each pair is the better one.
    """
    rng = np.random.default_rng([seed, 3])
    logarithm = rng.normal(0, 0.4, (pairs, 1)) + rng.normal(0, 0.45, (pairs, 2))
    lists = np.minimum(rng.poisson(2 * np.exp(1.5 * logarithm)), MOST_LISTS).astype(float)
    values = np.stack([np.round(1000 * np.exp(logarithm)), lists], axis=-1)
    bias = np.stack([planted(name, values[..., i]) for i, name in enumerate(CHARACTERISTICS)], axis=-1)
    quality = rng.normal(0, 1, (pairs, 2)) + np.array([0.6, -0.6])
    return values, quality + bias.sum(-1), bias


def planted(characteristic: str, values: np.ndarray) -> np.ndarray:
    """The planted bias, before it is centred: logarithmic in characters, straight in list items."""
    return 0.9 * np.log(values / 1000) if characteristic == "chars" else 0.25 * values


def removal_curves(pairs: int = 3000, frac: float = 0.5, seed: int = 0) -> pd.DataFrame:
    """The bias that each way of removal takes from length and from lists, and its gain in accuracy.

    Args:
        pairs: as for `simulated_lists`.
        frac: share of the responses that are neighbours in a curve.
        seed: of the simulation.

    Returns:
        One row per removal, characteristic and distinct value: `removal`, `characteristic`, `value`, `bias`, `planted`
        (score units, both 0 on average over responses), `error` (root mean square of their difference over responses)
        and `gain` (percentage points of accuracy, in-sample), `exact` (gain of subtracting what was planted).
    """
    values, scores, bias = simulated_lists(pairs, seed)
    parts = []
    for removal, order in {JOINTLY: [(0, 1)], LENGTH_FIRST: [(0,), (1,)], LISTS_FIRST: [(1,), (0,)]}.items():
        left, curves = scores, {}
        for columns in order:
            fitted = Lowess(frac=frac).fit(values[..., columns], left)
            left = fitted.transform(values[..., columns], left)
            for place, curve in fitted.curve().groupby("characteristic"):
                curves[columns[place]] = curve
        gains = {"gain": _gain(scores, left), "exact": _gain(scores, scores - bias.sum(-1))}
        for column, name in enumerate(CHARACTERISTICS):
            level = bias[..., column].mean()
            truth = planted(name, curves[column]["value"].to_numpy()) - level
            removed = np.interp(values[..., column], curves[column]["value"], curves[column]["bias"])
            error = np.sqrt(((removed - (bias[..., column] - level)) ** 2).mean())
            table = curves[column].assign(characteristic=name, removal=removal, planted=truth, error=error, **gains)
            parts.append(table[["removal", "characteristic", "value", "bias", "planted", "error", "gain", "exact"]])
    return pd.concat(parts, ignore_index=True)


def _gain(before: np.ndarray, after: np.ndarray) -> float:
    """Gain in accuracy, in percentage points, from scores [n, 2] of better and worse responses."""
    right = [(scores[:, 0] > scores[:, 1]).mean() for scores in (before, after)]
    return float(100 * (right[1] - right[0]))
