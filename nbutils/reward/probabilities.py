"""Bradley-Terry probabilities of a reward: is it as often right as it is sure, and what does one temperature mend?

The probability that one answer beats the other is sigmoid(margin). Every pair counts in both orders, the better answer
first and second, so that "the first is better" is true half of the time whatever the order in the data. What is said of
probabilities above 1/2 then holds mirrored below, and a pair is one observation: how sure the reward is of the answer
that it prefers, and whether that is the better one (a half for a tie).
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.special import expit

from nbutils.reward.accuracy import CELL, clustered_shares
from nbutils.reward.temperature import temperature, temperature_interval, tempered
from nbutils.statistics import percentile_interval

AS_IT_IS, TEMPERED = "as it is", "tempered"
MEASURES = ("ece", "brier", "log_loss")
KEYS = [*CELL, "scale"]


def reliability(margins: pd.DataFrame, bins: int = 10, folds: int = 5, seed: int = 0) -> pd.DataFrame:
    """How often the first answer is better where the reward gives that a probability p, in bins of equal width.

    Args:
        margins: one row per `model`, `pair_id`, `method` and `fit`, with `prompt_id` and `margin`.
        bins: number of bins of [0, 1], even.
        folds: parts of the prompts, each tempered by the temperature of the others.
        seed: of the folds.

    Returns:
        One row per model, method, fit, scale ("as it is", "tempered") and bin that has any pair: `model`, `method`,
        `fit`, `scale`, `lower` and `upper` (ends of the bin), `predicted` (mean probability), `observed` (share of
        pairs whose first answer is better), `low` and `high` (95 %, see `clustered_shares`), `n` (pairs, the same ones
        in the mirrored bin).

    Raises:
        ValueError: `bins` is odd or below 2; a bin around 1/2 would hold each of its pairs in both orders.
    """
    _check_bins(bins)
    tables = []
    for keys, prompt, margin in _scaled(margins, folds, seed):
        sure = expit(np.abs(margin))
        rows = pd.DataFrame({"prompt_id": prompt, "bin": _bin(margin, bins), "sure": sure, "hit": _hit(margin)})
        shares = clustered_shares(rows, ["bin"], count=["sure"]).sort_values("bin")
        above = pd.DataFrame(
            {
                "lower": 0.5 + shares["bin"] / bins,
                "upper": 0.5 + (shares["bin"] + 1) / bins,
                "predicted": shares["sure"] / shares["n"],
                "observed": shares["share"],
                "low": shares["low"],
                "high": shares["high"],
            }
        )
        ends = {"lower": "upper", "upper": "lower", "low": "high", "high": "low"}
        halves = [part.assign(n=shares["n"]) for part in ((1 - above).rename(columns=ends)[::-1], above)]
        tables.append(pd.concat(halves)[[*above.columns, "n"]].assign(**keys))
    table = pd.concat(tables, ignore_index=True)
    return table[[*KEYS, *table.columns.difference(KEYS, sort=False)]]


def probability_scores(
    margins: pd.DataFrame,
    bins: int = 10,
    folds: int = 5,
    resamples: int = 1000,
    null_samples: int = 200,
    seed: int = 0,
) -> pd.DataFrame:
    """Expected calibration error, Brier score and log loss, as the reward is and with one temperature.

    The temperature of a prompt is that of the other folds. The calibration error of a sample is above 0 even where the
    probabilities are true: its null is drawn from labels that follow them.

    Args:
        margins: as for `reliability`.
        bins: number of bins of equal width of [0, 1], even; the calibration error is the mean over pairs of the
            distance between mean probability and share of their bin (Guo et al. 2017, section 2).
        folds: parts of the prompts.
        resamples: samples for the intervals.
        null_samples: samples of labels that follow the probabilities.
        seed: of folds and samples.

    Returns:
        One row per model, method, fit, scale ("as it is", "tempered") and measure: `model`, `method`, `fit`, `scale`,
        `measure` ("ece"; "brier", 1/4 for a coin; "log_loss" in nats, 0.69 for a coin), `value`, `low` and `high`
        (95 %, over prompts; that of "ece" reaches down to 0 where the null explains the value), `null` (mean where the
        probabilities are true), `null_high` (only of "ece": 95 % of its null are below), `n` (pairs).

    Raises:
        ValueError: as for `reliability`.
    """
    _check_bins(bins)
    tables = []
    for keys, prompt, margin in _scaled(margins, folds, seed):
        rng = np.random.default_rng(seed)
        terms = _terms(margin, bins)
        values = _scores(terms.sum(0))
        low, high = percentile_interval(_scores(_resampled(terms, prompt, resamples, rng)))
        errors = _errors_if_true(margin, prompt, bins, null_samples, rng)
        null_high = np.quantile(errors, 0.95)
        # What sampling adds to a calibration error, it adds once more to its bootstrap samples.
        low[0] = max(0.0, 2 * values[0] - high[0]) if values[0] > null_high else 0.0
        table = pd.DataFrame({"measure": MEASURES, "value": values, "low": low, "high": high})
        table = table.assign(null=[errors.mean(), *_expected_if_true(margin)], null_high=[null_high, np.nan, np.nan])
        tables.append(table.assign(n=len(margin), **keys))
    table = pd.concat(tables, ignore_index=True)
    return table[[*KEYS, *table.columns.difference(KEYS, sort=False)]]


def temperatures(margins: pd.DataFrame) -> pd.DataFrame:
    """The temperature that makes each reward's preferences likeliest, fitted to all prompts.

    Args:
        margins: as for `reliability`.

    Returns:
        One row per model, method and fit: `model`, `method`, `fit`, `temperature` (in units of the score; above 1 the
        reward is surer than right), `low` and `high` (95 %, see `temperature_interval`), `null` (1: true
        probabilities), `n` (pairs).
    """
    rows = []
    for cell, part in margins.groupby(CELL, observed=True, sort=False):
        margin = part["margin"].to_numpy()
        low, high = temperature_interval(margin, pd.factorize(part["prompt_id"])[0])
        row = {"temperature": temperature(margin), "low": low, "high": high, "null": 1.0, "n": len(margin)}
        rows.append(dict(zip(CELL, cell, strict=True)) | row)
    return pd.DataFrame(rows)


def _check_bins(bins: int) -> None:
    if bins < 2 or bins % 2:
        raise ValueError(f"bins = {bins}: give an even number, at least 2.")


def _scaled(margins: pd.DataFrame, folds: int, seed: int) -> Iterator[tuple[dict[str, str], np.ndarray, np.ndarray]]:
    """Keys, number of the prompt and margin of the pairs of each model, method and fit, as they are and tempered."""
    for cell, part in margins.groupby(CELL, observed=True, sort=False):
        keys, margin = dict(zip(CELL, cell, strict=True)), part["margin"].to_numpy()
        prompt = pd.factorize(part["prompt_id"], sort=True)[0]
        yield keys | {"scale": AS_IT_IS}, prompt, margin
        yield keys | {"scale": TEMPERED}, prompt, tempered(margin, prompt, folds, seed)


def _hit(margin: np.ndarray) -> np.ndarray:
    """[n] 1 where the better answer is preferred, a half for a tie."""
    return np.heaviside(margin, 0.5)


def _bin(margin: np.ndarray, bins: int) -> np.ndarray:
    """[n] number of the bin above 1/2 that holds the probability of the preferred answer."""
    return np.minimum(((expit(np.abs(margin)) - 0.5) * bins).astype(int), bins // 2 - 1)


def _terms(margin: np.ndarray, bins: int) -> np.ndarray:
    """[n, 3 + bins / 2] what a pair adds: 1, to Brier score and log loss, and the excess of certainty of its bin."""
    excess = np.zeros((len(margin), bins // 2))
    excess[np.arange(len(margin)), _bin(margin, bins)] = expit(np.abs(margin)) - _hit(margin)
    return np.column_stack([np.ones(len(margin)), expit(-margin) ** 2, np.logaddexp(0, -margin), excess])


def _scores(totals: np.ndarray) -> np.ndarray:
    """Calibration error, Brier score and log loss [..., 3] from totals [..., 3 + bins / 2] over pairs."""
    error = np.abs(totals[..., 3:]).sum(-1)
    return np.stack([error, totals[..., 1], totals[..., 2]], axis=-1) / totals[..., :1]


def _resampled(terms: np.ndarray, prompt: np.ndarray, resamples: int, rng: np.random.Generator) -> np.ndarray:
    """Totals [resamples, ...] over other prompts, by their normal limit, whose cost does not grow with the pairs."""
    by_prompt = np.column_stack([np.bincount(prompt, column) for column in terms.T])
    covariance = len(by_prompt) * np.cov(by_prompt, rowvar=False)
    return rng.multivariate_normal(by_prompt.sum(0), covariance, size=resamples, method="svd")


def _errors_if_true(
    margin: np.ndarray, prompt: np.ndarray, bins: int, samples: int, rng: np.random.Generator
) -> np.ndarray:
    """[samples] calibration errors of labels that follow the probabilities, all pairs of a prompt by one draw."""
    sure, of, prompts = expit(np.abs(margin)), _bin(margin, bins), prompt.max() + 1
    excess = [np.bincount(of, sure - (rng.random(prompts)[prompt] < sure)) for _ in range(samples)]
    return np.array([np.abs(part).sum() for part in excess]) / len(sure)


def _expected_if_true(margin: np.ndarray) -> tuple[float, float]:
    """Expected Brier score and log loss (entropy, in nats) of labels that follow the probabilities."""
    sure, size = expit(np.abs(margin)), np.abs(margin)
    doubt = expit(-size)
    entropy = sure * np.logaddexp(0, -size) + doubt * np.logaddexp(0, size)
    return float((sure * doubt).mean()), float(entropy.mean())
