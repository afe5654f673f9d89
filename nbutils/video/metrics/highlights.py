"""How well the scores of seconds find the annotated ones: HL-mAP and HL-Hit@1."""

from itertools import pairwise

import numpy as np
import pandas as pd

from nbutils.video.errors import VideoError
from nbutils.video.metrics.tables import (
    checked_windows,
    finite,
    ranked_intervals,
    require_columns,
    true_intervals,
    window_codes,
)
from nbutils.video.metrics.windows import by_window

# Coverage of just a half may come out below it by a rounding error.
HALF = 0.5 - 1e-9


def window_highlights(seconds: pd.DataFrame, truth: pd.DataFrame, windows: pd.DataFrame) -> pd.DataFrame:
    """HL-mAP and HL-Hit@1 (QVHighlights, Lei et al., arXiv 2107.09609) of every window.

    QVHighlights rates the saliency of 2 s pieces and counts those rated very good by each annotator. Here the pieces
    are seconds, and one is positive when an annotated clip covers at least half of it. `HL-mAP` is the area under the
    interpolated precision-recall curve over seconds; `HL-Hit@1` whether the second with the top score is positive.
    Seconds with equal scores come in together, and of several at the top the share of positive ones counts: their
    order, which means nothing, changes nothing. A constant score has the share of positive seconds, the chance level.

    Args:
        seconds: `window_id`, `second` (0 for [0, 1)), `score`; seconds without a row come last, all together.
        truth: `window_id`, `start`, `end` (s, in the window) of annotated clips.
        windows: `window_id`, `video_id`, `duration` (s).

    Returns:
        One row per metric and window: `window_id`, `metric`, `tiou` (NaN), `value` (0-1; NaN where no second is
        positive).

    Raises:
        VideoError: a table lacks a column, a second stands twice or outside its window.
    """
    windows = checked_windows(windows)
    window_ids = pd.Index(windows["window_id"])
    offsets = _second_offsets(windows["duration"])
    positive = positive_seconds(truth, windows)
    scores = _scores(seconds, window_ids, offsets)
    area, hit = np.full(len(windows), np.nan), np.full(len(windows), np.nan)
    for window, (first, last) in enumerate(pairwise(offsets)):
        flags = positive[first:last]
        if flags.any():
            area[window] = _area(flags, scores[first:last])
            hit[window] = flags[scores[first:last] == scores[first:last].max()].mean()
    return by_window({("HL-mAP", np.nan): area, ("HL-Hit@1", np.nan): hit}, window_ids)


def positive_seconds(truth: pd.DataFrame, windows: pd.DataFrame) -> np.ndarray:
    """Of which seconds an annotated clip covers at least half; the last one of a window may be shorter than a second.

    Returns:
        Flags [seconds of all windows], window after window.
    """
    windows = checked_windows(windows)
    offsets = _second_offsets(windows["duration"])
    true = true_intervals(truth, pd.Index(windows["window_id"]))
    of_window = np.repeat(windows.index, np.diff(true.offsets))
    begin, stop = _covered_seconds(true.start, true.end, windows["duration"].to_numpy()[of_window])
    positive = np.zeros(offsets[-1], dtype=bool)
    for first, last in zip(offsets[of_window] + begin, offsets[of_window] + stop, strict=True):
        positive[first:last] = True
    return positive


def second_scores(clips: pd.DataFrame, windows: pd.DataFrame) -> pd.DataFrame:
    """Scores of seconds from clips: the highest score of a clip that covers at least half of the second.

    Args:
        clips: `window_id`, `start`, `end` (s, in the window), `score`.
        windows: `window_id`, `video_id`, `duration` (s).

    Returns:
        One row per covered second: `window_id`, `second`, `score`.

    Raises:
        VideoError: as for `window_metrics`.
    """
    windows = checked_windows(windows)
    offsets = _second_offsets(windows["duration"])
    ranked = ranked_intervals(clips, pd.Index(windows["window_id"]))
    of_window = np.repeat(windows.index, np.diff(ranked.offsets))
    begin, stop = _covered_seconds(ranked.start, ranked.end, windows["duration"].to_numpy()[of_window])
    ranked_scores = clips["score"].to_numpy(dtype=float)[ranked.rows]
    scores = np.full(offsets[-1], np.nan)
    # The best clip of a window comes last, so that its score stays.
    for i in reversed(range(len(clips))):
        scores[offsets[of_window[i]] + begin[i] : offsets[of_window[i]] + stop[i]] = ranked_scores[i]
    table = pd.DataFrame(
        {
            "window_id": np.repeat(windows["window_id"].to_numpy(), np.diff(offsets)),
            "second": np.arange(offsets[-1]) - np.repeat(offsets[:-1], np.diff(offsets)),
            "score": scores,
        }
    )
    return table.dropna(subset="score", ignore_index=True)


def _covered_seconds(start: np.ndarray, end: np.ndarray, durations: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """From which second, and up to before which one, each clip [n] covers at least half of a second."""
    start, end = np.clip(start, 0, durations), np.clip(end, 0, durations)
    first, last = np.minimum(np.floor(start), np.ceil(durations) - 1), np.ceil(end) - 1
    # All seconds between the first and the last that a clip touches are covered whole.
    share_of_first = (np.minimum(first + 1, end) - start) / np.minimum(1, durations - first)
    share_of_last = (end - np.maximum(last, start)) / np.minimum(1, durations - last)
    begin = first + (share_of_first < HALF)
    stop = last + (share_of_last >= HALF)
    return begin.astype(int), np.maximum(begin, stop).astype(int)


def _second_offsets(durations: pd.Series) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(np.ceil(durations).astype(int))])


def _scores(seconds: pd.DataFrame, window_ids: pd.Index, offsets: np.ndarray) -> np.ndarray:
    """Scores of all seconds of all windows, -inf where the table has none."""
    name = "the table of seconds"
    require_columns(seconds, ["window_id", "second", "score"], name)
    values, number = finite(seconds, "score", name), finite(seconds, "second", name)
    codes = window_codes(seconds, window_ids, name)
    wrong = (number != np.floor(number)) | (number < 0) | (number >= np.diff(offsets)[codes])
    if wrong.any():
        row = int(np.argmax(wrong))
        raise VideoError(
            f"row {seconds.index[row]} of {name} has second {number[row]:g}, but its window "
            f"{seconds['window_id'].iloc[row]!r} has {np.diff(offsets)[codes[row]]} whole seconds, counted from 0."
        )
    places = offsets[codes] + number.astype(int)
    if pd.Series(places).duplicated().any():
        row = int(np.argmax(pd.Series(places).duplicated()))
        raise VideoError(
            f"second {number[row]:g} of the window {seconds['window_id'].iloc[row]!r} stands twice in {name}."
        )
    scores = np.full(offsets[-1], -np.inf)
    scores[places] = values
    return scores


def _area(positive: np.ndarray, scores: np.ndarray) -> float:
    """Area under the interpolated precision-recall curve, one point for each distinct score."""
    order = np.argsort(-scores, kind="stable")
    last_of_score = np.append(scores[order][1:] != scores[order][:-1], True)
    found = np.cumsum(positive[order])[last_of_score]
    precision = found / (np.flatnonzero(last_of_score) + 1)
    interpolated = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(np.diff(found, prepend=0) * interpolated) / found[-1])
