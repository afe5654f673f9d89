"""One temperature for the probabilities of a reward, by maximum likelihood."""

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit
from scipy.stats import norm

from nbutils.reward.calibrators.folds import fold_of_rows

# The temperature is looked for between mean |margin| divided, and multiplied, by this: beyond, nothing changes.
FURTHEST = 100.0


def temperature(margins: np.ndarray) -> float:
    """The temperature T at which sigmoid(margin / T) is likeliest to prefer the better answers (Guo et al. 2017).

    Args:
        margins: [n] better answer's score minus the other's.

    Returns:
        T > 0, at most 100 times the mean |margin|, which is reached where the margins of the better answers do not add
        up to more than 0; at least 1/100 of it, which is reached where no pair is wrong. 1 where all margins are 0.
    """
    scale = np.abs(margins).mean()
    if scale == 0:
        return 1.0
    unit = margins / scale

    def slope(log_inverse: float) -> float:
        return float(unit @ expit(-np.exp(log_inverse) * unit))

    end = np.log(FURTHEST)
    if slope(-end) <= 0:
        return float(scale * FURTHEST)
    if slope(end) >= 0:
        return float(scale / FURTHEST)
    return float(scale / np.exp(brentq(slope, -end, end)))


def temperature_interval(margins: np.ndarray, prompt: np.ndarray, level: float = 0.95) -> tuple[float, float]:
    """Interval of the temperature from the likelihood, with the prompts as independent units.

    Args:
        margins: [n] as for `temperature`.
        prompt: [n] number of each pair's prompt, from 0.
        level: share of samples whose interval covers the temperature of all such prompts.

    Returns:
        Lower and upper end, infinite where no preference at all (1 / T = 0) cannot be excluded; both missing where the
        temperature is at one of its bounds.
    """
    fitted = temperature(margins)
    scale = np.abs(margins).mean()
    if scale == 0 or not scale / FURTHEST < fitted < scale * FURTHEST:
        return np.nan, np.nan
    doubt = expit(-margins / fitted)
    score = np.bincount(prompt, margins * doubt)
    error = np.sqrt(score @ score) / (margins**2 @ (doubt * (1 - doubt)))
    reach = norm.ppf((1 + level) / 2) * error
    slowest = 1 / fitted - reach
    return float(1 / (1 / fitted + reach)), float(1 / slowest) if slowest > 0 else np.inf


def tempered(margins: np.ndarray, prompt: np.ndarray, folds: int = 5, seed: int = 0) -> np.ndarray:
    """Margins divided by the temperature of the other folds, so that no pair is judged by one that saw its prompt.

    Args:
        margins: [n] as for `temperature`.
        prompt: [n] number of each pair's prompt, from 0.
        folds: parts of the prompts.
        seed: of the division into parts.

    Raises:
        ValueError: fewer than two folds, or fewer prompts than folds.
    """
    fold = fold_of_rows(prompt, folds, seed)
    result = np.empty_like(margins)
    for i in range(folds):
        result[fold == i] = margins[fold == i] / temperature(margins[fold != i])
    return result
