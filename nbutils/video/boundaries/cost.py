"""What snapping costs: overlap with annotated clips before and after."""

import numpy as np
import pandas as pd

from nbutils.statistics import percentile_interval, resampled_sums
from nbutils.video.metrics.clip_matches import clip_matches
from nbutils.video.metrics.tables import checked_windows, require_columns, window_codes

MEASURES = ["tiou_before", "tiou_after", "tiou_change"]


def snapping_cost(snapped: pd.DataFrame, truth: pd.DataFrame, windows: pd.DataFrame) -> pd.DataFrame:
    """Best temporal IoU of each clip with any annotated clip of its window, before and after snapping.

    Args:
        snapped: `window_id`, `start`, `end`, `start_before`, `end_before` (s, in the window), `score`; the clips of
            `snap_clips`.
        truth: `window_id`, `start`, `end` of annotated clips.
        windows: `window_id`, `video_id`, `duration` (s).

    Returns:
        `snapped` with `tiou_before`, `tiou_after` and `tiou_change` (after less before).

    Raises:
        VideoError: a table lacks a column or is malformed.
    """
    require_columns(snapped, ["start_before", "end_before"], "the table of snapped clips")
    before = snapped.assign(start=snapped["start_before"], end=snapped["end_before"])
    tiou_before, tiou_after = (clip_matches(clips, truth, windows)["best_tiou"] for clips in (before, snapped))
    return snapped.assign(tiou_before=tiou_before, tiou_after=tiou_after, tiou_change=tiou_after - tiou_before)


def mean_cost(cost: pd.DataFrame, windows: pd.DataFrame, resamples: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Means of `snapping_cost` over clips; a cost of nothing is a change of 0.

    Args:
        cost: rows of `snapping_cost`.
        windows: `window_id`, `video_id`, `duration` (s).
        resamples: bootstrap samples over videos, or over clips where there is a single video.
        seed: of the bootstrap.

    Returns:
        One row per measure: `measure` ("tiou_before", "tiou_after", "tiou_change"), `value`, `low`, `high` (95 %; NaN
        for a single unit), `n` (clips), `unit` ("videos" or "clips", what was drawn).

    Raises:
        VideoError: a clip is in a window that is not known.
    """
    windows = checked_windows(windows)
    rows = window_codes(cost, pd.Index(windows["window_id"]), "the table of snapped clips")
    videos = windows["video_id"].iloc[rows]
    unit, codes = ("videos", pd.factorize(videos)[0]) if videos.nunique() > 1 else ("clips", np.arange(len(cost)))
    sums = np.zeros((len(np.unique(codes)), len(MEASURES) + 1))
    np.add.at(sums, codes, cost[MEASURES].assign(clips=1.0).to_numpy(dtype=float))
    low = high = np.full(len(MEASURES), np.nan)
    if len(sums) > 1:
        totals = resampled_sums(sums, resamples, seed)
        low, high = percentile_interval(totals[:, :-1] / totals[:, -1:])
    return pd.DataFrame(
        {
            "measure": MEASURES,
            "value": cost[MEASURES].mean().to_numpy(),
            "low": low,
            "high": high,
            "n": len(cost),
            "unit": unit,
        }
    )
