"""Metrics of predicted clips in each window."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from nbutils.video.errors import VideoError
from nbutils.video.metrics.matching import average_precision, best_tious, match
from nbutils.video.metrics.tables import Intervals, checked_windows, ranked_intervals, true_intervals

TIOUS = tuple(np.round(np.arange(0.5, 0.951, 0.05), 2).tolist())
RELEASED_TIOUS = (0.5, 0.6, 0.7, 0.8, 0.9)
FIRST_TIOUS = (0.5, 0.7)


def window_metrics(
    clips: pd.DataFrame,
    truth: pd.DataFrame,
    windows: pd.DataFrame,
    *,
    at: Sequence[int] = (1, 5, 10),
    thresholds: Sequence[float] = TIOUS,
) -> pd.DataFrame:
    """Every metric in every window; their mean over windows is what papers report.

    - `best-match precision`: what the released code of Repurpose-10K calls AP@tIoU. The share of predicted clips whose
      best temporal IoU with any annotated clip of the window reaches the threshold: no annotated clip is used up and no
      score is looked at, so that repeating one good clip scores 1. A window without predictions has 0. Always at tIoU
      .5, .6, .7, .8 and .9 and their mean, as released.
    - `matched AP`, `matched mAP`: average precision under one-to-one matching in order of score, and its mean over
      thresholds. The average is taken within each window and then over windows, as QVHighlights does, without its limit
      of ten predictions; ActivityNet ranks the clips of all windows together.
    - `AR`: share of annotated clips that are matched, mean over thresholds, by all predictions; `AR@n` by the first n.
    - `R1`: whether the clip with the top score reaches tIoU .5 or .7 with an annotated clip.

    Clips with equal scores are ranked by start.

    Args:
        clips: `window_id`, `start`, `end` (s, in the window), `score`; one of no length matches nothing.
        truth: `window_id`, `start`, `end` of annotated clips.
        windows: `window_id`, `video_id`, `duration` (s) of all windows, those without a clip too.
        at: numbers of predictions for AR@n.
        thresholds: temporal IoUs of `matched AP` and `AR`.

    Returns:
        One row per metric, threshold and window: `window_id`, `metric`, `tiou` (NaN for a mean over thresholds),
        `value` (0-1; NaN for all but the best-match precision where the window has no annotated clip).

    Raises:
        VideoError: a table lacks a column, a clip is malformed or in a window that is not known, or a threshold or
            number of predictions is out of range.
    """
    if not len(thresholds) or not all(0 < tiou <= 1 for tiou in thresholds):
        raise VideoError(f"thresholds of temporal IoU are {tuple(thresholds)}: give some above 0 and at most 1.")
    if min(at, default=1) < 1:
        raise VideoError(f"AR@{min(at)} has no predictions to look at: give numbers of 1 or more.")
    window_ids = pd.Index(checked_windows(windows)["window_id"])
    predicted, true = ranked_intervals(clips, window_ids), true_intervals(truth, window_ids)
    counts, annotated = np.diff(predicted.offsets), np.diff(true.offsets)
    hits = match(predicted, true, np.asarray(thresholds))
    average = average_precision(hits, predicted.offsets, annotated)
    best = best_tious(predicted, true)
    precision = _best_match_precision(best, predicted, counts)

    values = {("best-match precision", tiou): precision[:, k] for k, tiou in enumerate(RELEASED_TIOUS)}
    values["mean best-match precision", np.nan] = precision.mean(1)
    values |= {("matched AP", tiou): average[:, k] for k, tiou in enumerate(thresholds)}
    values["matched mAP", np.nan] = average.mean(1)
    values["AR", np.nan] = _recall(hits, predicted.offsets, annotated, len(hits)).mean(1)
    for n in at:
        values[f"AR@{n}", np.nan] = _recall(hits, predicted.offsets, annotated, n).mean(1)
    best_of_first = np.zeros(len(counts))
    best_of_first[counts > 0] = best[predicted.offsets[:-1][counts > 0]]
    for tiou in FIRST_TIOUS:
        values["R1", tiou] = np.where(annotated > 0, best_of_first >= tiou, np.nan)
    return by_window(values, window_ids)


def by_window(values: dict[tuple[str, float], np.ndarray], window_ids: pd.Index) -> pd.DataFrame:
    """Values [windows] of each metric and threshold as one long table."""
    size = len(window_ids)
    return pd.DataFrame(
        {
            "window_id": np.tile(window_ids.to_numpy(), len(values)),
            "metric": np.repeat([metric for metric, _ in values], size),
            "tiou": np.repeat([float(tiou) for _, tiou in values], size),
            "value": np.concatenate(list(values.values())),
        }
    )


def _best_match_precision(best: np.ndarray, predicted: Intervals, counts: np.ndarray) -> np.ndarray:
    reached = best[:, None] >= np.asarray(RELEASED_TIOUS)
    return _sums(reached, predicted.offsets) / np.maximum(counts, 1)[:, None]


def _recall(hits: np.ndarray, offsets: np.ndarray, annotated: np.ndarray, first: int) -> np.ndarray:
    """Share [W, K] of annotated clips that the first predictions of each window match; NaN where there is none."""
    ranks = np.arange(len(hits)) - np.repeat(offsets[:-1], np.diff(offsets))
    matched = _sums(hits & (ranks < first)[:, None], offsets)
    return np.where(annotated[:, None] > 0, matched / np.maximum(annotated, 1)[:, None], np.nan)


def _sums(flags: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Number [W, K] of set flags in each window."""
    totals = np.concatenate([np.zeros((1, flags.shape[1]), int), np.cumsum(flags, axis=0)])
    return np.diff(totals[offsets], axis=0)
