"""Whether a score of .7 means that 7 of 10 such clips are right."""

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from nbutils.statistics import percentile_interval, resampled_sums
from nbutils.video.errors import VideoError
from nbutils.video.metrics.tables import finite, require_columns

NAME = "the table of scored clips"
MOST_BINS = 1000


def reliability(clips: pd.DataFrame, bins: int = 10, score: str = "score") -> pd.DataFrame:
    """Share of right clips among those with about the same score.

    Args:
        clips: a score from 0 to 1 and `matched` (bool, see `clip_matches`) for each clip.
        bins: of equal width from 0 to 1; empty ones are left out.
        score: column of the score.

    Returns:
        One row per bin: `bin_low`, `bin_high`, `n` (clips), `mean_score`, `matched` (share), `low` and `high` (95 %
        interval of Wilson 1927, for independent clips), `gap` (matched less mean_score).

    Raises:
        VideoError: a column lacks, a score is not within 0 and 1, `matched` is not true or false, or there is no clip
            or no bin.
    """
    scores, matched = _checked(clips, score, bins)
    codes = _codes(scores, bins)
    rows = []
    for code in np.unique(codes):
        inside = codes == code
        n, right = int(inside.sum()), int(matched[inside].sum())
        interval = binomtest(right, n).proportion_ci(method="wilson")
        mean = scores[inside].mean()
        rows.append((code / bins, (code + 1) / bins, n, mean, right / n, interval.low, interval.high, right / n - mean))
    columns = ["bin_low", "bin_high", "n", "mean_score", "matched", "low", "high", "gap"]
    return pd.DataFrame(rows, columns=columns)


def calibration_error(
    clips: pd.DataFrame, bins: int = 10, score: str = "score", resamples: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """Expected calibration error (Naeini et al. 2015): mean distance of score and share of right clips, by bin.

    It is never below 0 and above 0 by chance alone, so the null is what scores that mean what they say would show: the
    mean over draws in which each clip is right with the probability that its score states.

    Args:
        clips: as for `reliability`; with `video_id`, videos are drawn for the interval, otherwise clips.
        bins: of equal width from 0 to 1.
        score: column of the score.
        resamples: draws for the interval and for the null.
        seed: of both.

    Returns:
        One row: `value`, `low` and `high` (95 %; the percentile interval turned about the value, because chance lifts
        the error of a resample as it lifts the value; from 0 where the value is no higher than chance; as far above the
        value as below it at least, because with few units the turned end comes too early; NaN for a single unit),
        `null`, `null_high` (95 % of the draws of a calibrated score are below; too low where clips of a
        video are right or wrong together), `n` (clips), `unit` (what was drawn).

    Raises:
        VideoError: as for `reliability`.
    """
    scores, matched = _checked(clips, score, bins)
    codes = _codes(scores, bins)
    random = np.random.default_rng(seed)
    nulls = [_error(codes, random.random(len(scores)) < scores, scores, bins) for _ in range(resamples)]
    unit = "videos" if "video_id" in clips and clips["video_id"].nunique() > 1 else "clips"
    units = pd.factorize(clips["video_id"])[0] if unit == "videos" else np.arange(len(clips))
    value, null_high = _error(codes, matched, scores, bins), np.quantile(nulls, 0.95)
    low, high = _turned_interval(value, codes, matched - scores, units, bins, resamples, seed)
    if value <= null_high and not np.isnan(low):
        low = 0.0
    high = np.maximum(high, 2 * value - low)
    row = {"value": value, "low": low, "high": high}
    row |= {"null": np.mean(nulls), "null_high": null_high, "n": len(clips), "unit": unit}
    return pd.DataFrame([row])


def _checked(clips: pd.DataFrame, score: str, bins: int) -> tuple[np.ndarray, np.ndarray]:
    if not 1 <= bins <= MOST_BINS:
        raise VideoError(f"scores cannot be put into {bins} bins: choose 1 to {MOST_BINS}.")
    require_columns(clips, [score, "matched"], NAME)
    scores = finite(clips, score, NAME)
    if not len(scores):
        raise VideoError("no clip was scored, so that there is nothing to calibrate: lower the threshold.")
    outside = (scores < 0) | (scores > 1)
    if outside.any():
        row = int(np.argmax(outside))
        raise VideoError(f"row {clips.index[row]} of {NAME}: {score} is {scores[row]:g}, not within 0 and 1.")
    known = clips["matched"].isin([False, True]).to_numpy()
    if not known.all():
        row = int(np.argmin(known))
        value = clips["matched"].tolist()[row]
        raise VideoError(f"row {clips.index[row]} of {NAME}: matched is {value!r}, not true or false.")
    return scores, clips["matched"].to_numpy(dtype=float)


def _codes(scores: np.ndarray, bins: int) -> np.ndarray:
    """Bin of each score; a score of 1 is in the last."""
    return np.minimum((scores * bins).astype(int), bins - 1)


def _error(codes: np.ndarray, matched: np.ndarray, scores: np.ndarray, bins: int) -> float:
    return float(np.abs(np.bincount(codes, matched - scores, minlength=bins)).sum() / len(scores))


def _turned_interval(
    value: float, codes: np.ndarray, gaps: np.ndarray, units: np.ndarray, bins: int, resamples: int, seed: int
) -> tuple[float, float]:
    sums = np.zeros((units.max() + 1, bins + 1))
    if len(sums) < 2:
        return np.nan, np.nan
    np.add.at(sums, (units, codes), gaps)
    sums[:, bins] = np.bincount(units)
    totals = resampled_sums(sums, resamples, seed)
    low, high = percentile_interval(np.abs(totals[:, :bins]).sum(1) / totals[:, bins])
    return max(0.0, 2 * value - float(high)), max(value, 2 * value - float(low))
