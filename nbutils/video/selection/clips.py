"""Chooses clips among the candidates and says why the others were not."""

import math
from typing import NamedTuple

import numpy as np
import pandas as pd

from nbutils.video.errors import VideoError
from nbutils.video.selection.soft_nms import soft_nms

SIGMA = 0.5


class Selection(NamedTuple):
    """The candidates in two tables.

    Attributes:
        clips: columns of the candidates, where score is the one after the decay for overlap that clips are ranked by,
            probability (the candidate's own score) and rank (1 for the best), in the order of rank.
        rejected: the same without rank, and reason, in the order of time.
    """

    clips: pd.DataFrame
    rejected: pd.DataFrame


def select_clips(
    candidates: pd.DataFrame,
    duration: float,
    *,
    threshold: float = 0.5,
    min_length: float = 10,
    max_length: float = 90,
    per_minute: float | None = None,
    sigma: float = SIGMA,
) -> Selection:
    """The clips of one video, best first, and each other candidate with the reason against it.

    Every candidate whose score stays at or above the threshold is a clip; only `per_minute` limits their number,
    rounded up so that a short video can have one. Neither the order of the candidates nor their index matters.

    Args:
        candidates: video_id, start, end (seconds), score (0-1) and second, as `score_video` gives them.
        duration: of the video, in seconds.
        threshold: lowest score of a clip, before and after the decay.
        min_length: of a clip in seconds, allowed itself.
        max_length: likewise.
        per_minute: most clips a minute of the video; None for no limit.
        sigma: of the soft suppression; the smaller, the less clips may overlap.

    Raises:
        VideoError: candidates of several videos or that end before they start, or a parameter out of range.
    """
    _check(candidates, duration, threshold, min_length, max_length, per_minute, sigma)
    table = candidates.assign(probability=candidates.score).sort_values(["second", "start", "end"], ignore_index=True)
    lengths = (table.end - table.start).to_numpy()
    low = table.score.to_numpy() < threshold
    short, long = lengths < min_length, lengths > max_length
    reason = np.full(len(table), "", dtype=object)
    reason[long] = f"longer than {max_length:g} s"
    reason[short] = f"shorter than {min_length:g} s"
    reason[low] = f"score below {threshold:g}"
    open_ = np.flatnonzero(~(low | short | long))
    most = None if per_minute is None else most_clips(per_minute, duration)
    starts, ends, scores = (table.loc[open_, name].to_numpy() for name in ("start", "end", "score"))
    outcome = soft_nms(starts, ends, scores, sigma, threshold, most)
    table.loc[open_, "score"] = outcome.score
    rank = np.zeros(len(table), dtype=np.int64)
    rank[open_] = outcome.rank
    for index, place, score, rival in zip(open_, *outcome, strict=True):
        if place == 0 and score < threshold:
            reason[index] = f"overlaps clip {outcome.rank[rival]}"
        elif place == 0:
            reason[index] = f"beyond {per_minute:g} clips a minute"
    clips = table.assign(rank=rank)[rank > 0].sort_values("rank", ignore_index=True)
    rejected = table.assign(reason=reason)[rank == 0].reset_index(drop=True)
    return Selection(clips, rejected)


def most_clips(per_minute: float, duration: float) -> int:
    """How many clips so many a minute are in `duration` s, rounded up."""
    return math.ceil(per_minute * duration / 60 - 1e-9)


def _check(
    candidates: pd.DataFrame,
    duration: float,
    threshold: float,
    min_length: float,
    max_length: float,
    per_minute: float | None,
    sigma: float,
) -> None:
    if not (0 <= threshold <= 1 and 0 <= min_length <= max_length and sigma > 0 and duration > 0):
        raise VideoError(
            f"clips cannot be chosen with threshold {threshold:g}, lengths {min_length:g}-{max_length:g} s, sigma "
            f"{sigma:g} in {duration:g} s: choose a threshold of 0-1, lengths in order, and sigma and duration above 0"
        )
    if per_minute is not None and not per_minute > 0:
        raise VideoError(f"{per_minute:g} clips a minute leave none: choose a number above 0 or None for no limit")
    if candidates.video_id.nunique() > 1:
        raise VideoError("candidates of several videos were given: choose the clips of one video at a time")
    numbers = candidates[["start", "end", "score"]]
    wrong = ~np.isfinite(numbers).all(axis=1) | (candidates.end < candidates.start)
    if wrong.any():
        row = candidates[wrong].iloc[0]
        raise VideoError(
            f"the candidate of second {row.second} goes from {row.start:g} to {row.end:g} s with score {row.score:g}: "
            "give finite times, the start first"
        )
