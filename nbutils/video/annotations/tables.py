"""Annotations as two tables: windows and their clips."""

from dataclasses import dataclass

import pandas as pd

WINDOW_COLUMNS = ["window_id", "video_id", "window_start", "window_end", "duration", "clips", "coverage"]
CLIP_COLUMNS = ["window_id", "video_id", "window_start", "window_end", "start", "end", "coverage"]


@dataclass(frozen=True)
class Annotations:
    """Windows of videos that were annotated as a whole, and the clips in them.

    Attributes:
        windows: one row per window: `window_id`, `video_id`, `window_start` and `window_end` (s of the video),
            `duration` (s), `clips` (how many), `coverage` (as the file has it, NaN where it has none: in Repurpose-10K
            the clips' share of the whole video, not of the window).
        clips: one row per clip, in order of time within its window: `window_id`, `video_id`, `window_start`,
            `window_end`, `start` and `end` (s after the window's start), `coverage` of the window.
    """

    windows: pd.DataFrame
    clips: pd.DataFrame


def window_ids(video_id: pd.Series, window_start: pd.Series) -> pd.Series:
    """`video@start` of each window; a repeated one gets `#2` behind it, as two windows of val.json are repeated."""
    names = video_id + "@" + window_start.map("{:.10g}".format)
    repeat = names.groupby(names).cumcount() + 1
    return names.where(repeat == 1, names + "#" + repeat.astype(str))
