"""The clips of one video, checked before anything is written of them."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from nbutils.video.errors import VideoError
from nbutils.video.metrics.tables import finite, ordered_ends, require_columns

NAME = "the table of clips"


def numbered(clips: pd.DataFrame) -> pd.DataFrame:
    """The clips with `number` as its first column: their `rank` where they have one, else 1, 2, 3 ... as they come.

    Raises:
        VideoError: there is no clip, a column lacks, a clip has no length, starts before the video or ends before its
            start, a rank or score is no number, or clips of several videos are among them.
    """
    require_columns(clips, ["video_id", "start", "end"], NAME)
    if not len(clips):
        raise VideoError("there is no clip to write: lower the threshold.")
    start, end = ordered_ends(clips, NAME)
    wrong = (start == end) | (start < 0)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise VideoError(
            f"row {clips.index[row]} of {NAME} goes from {start[row]:g} to {end[row]:g} s: nothing to cut."
        )
    if "score" in clips:
        finite(clips, "score", NAME)
    if clips["video_id"].nunique(dropna=False) > 1 or clips["video_id"].isna().any():
        raise VideoError("clips of several videos, or of none, were given: write those of one video at a time.")
    number = _ranks(clips) if "rank" in clips else pd.Series(range(1, len(clips) + 1), clips.index)
    if number.duplicated().any():
        raise VideoError(f"two clips have the rank {number[number.duplicated()].iloc[0]}: number them apart.")
    table = clips.drop(columns="number", errors="ignore").reset_index(drop=True)
    table.insert(0, "number", number.to_numpy())
    return table


def _ranks(clips: pd.DataFrame) -> pd.Series:
    ranks = finite(clips, "rank", NAME)
    wrong = (ranks < 1) | (ranks != np.floor(ranks))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise VideoError(f"row {clips.index[row]} of {NAME} has the rank {ranks[row]:g}: number clips from 1 on.")
    return pd.Series(ranks.astype(int), clips.index)


def spans(table: pd.DataFrame) -> Iterator[tuple[str, int, float, float]]:
    """Video, number, start and end (s) of each row of `numbered`."""
    rows = zip(table["video_id"], table["number"], table["start"], table["end"], strict=True)
    return ((str(video), int(number), float(start), float(end)) for video, number, start, end in rows)
