"""Which predicted clips are right."""

import numpy as np
import pandas as pd

from nbutils.video.errors import VideoError
from nbutils.video.metrics.matching import best_tious, match
from nbutils.video.metrics.tables import checked_windows, ranked_intervals, true_intervals


def clip_matches(
    clips: pd.DataFrame, truth: pd.DataFrame, windows: pd.DataFrame, threshold: float = 0.5
) -> pd.DataFrame:
    """The predicted clips with their best overlap, and whether each matches.

    Args:
        clips: `window_id`, `start`, `end` (s, in the window), `score`.
        truth: `window_id`, `start`, `end` of annotated clips.
        windows: `window_id`, `video_id`, `duration` (s).
        threshold: smallest temporal IoU of a match.

    Returns:
        `clips` with the columns `best_tiou` (largest temporal IoU with any annotated clip of the window) and `matched`
        (under one-to-one matching in order of score, see `match`).

    Raises:
        VideoError: as for `window_metrics`.
    """
    if not 0 < threshold <= 1:
        raise VideoError(f"a threshold of temporal IoU of {threshold:g}: give one above 0 and at most 1.")
    window_ids = pd.Index(checked_windows(windows)["window_id"])
    predicted, true = ranked_intervals(clips, window_ids), true_intervals(truth, window_ids)
    best, matched = np.zeros(len(clips)), np.zeros(len(clips), dtype=bool)
    best[predicted.rows] = best_tious(predicted, true)
    matched[predicted.rows] = match(predicted, true, np.array([threshold]))[:, 0]
    return clips.assign(best_tiou=best, matched=matched)
