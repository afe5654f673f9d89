"""Tables of clips as arrays grouped by window, refused where they cannot be scored."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from nbutils.video.errors import VideoError

# More seconds than any video has: such durations are in another unit.
LONGEST = 1e7


class Intervals(NamedTuple):
    """Clips of all windows, those of window i at offsets[i] to offsets[i + 1]; `rows` are their places in the table."""

    start: np.ndarray
    end: np.ndarray
    offsets: np.ndarray
    rows: np.ndarray


def checked_windows(windows: pd.DataFrame) -> pd.DataFrame:
    """`window_id`, `video_id` and `duration` (s) of the windows, in the order given.

    Raises:
        VideoError: there is no window, a column lacks, a window or its video has no name, stands twice or has a length
            that no video has.
    """
    require_columns(windows, ["window_id", "video_id", "duration"], "the table of windows")
    if not len(windows):
        raise VideoError("the table of windows is empty: give one window at least.")
    for column in ("window_id", "video_id"):
        if windows[column].isna().any():
            row = windows.index[int(np.argmax(windows[column].isna()))]
            raise VideoError(f"row {row} of the table of windows has no {column}: name it.")
    if windows["window_id"].duplicated().any():
        twice = windows.loc[windows["window_id"].duplicated(), "window_id"].iloc[0]
        raise VideoError(f"the window {twice!r} stands twice in the table of windows: give each its own window_id.")
    durations = finite(windows, "duration", "the table of windows")
    if (durations <= 0).any():
        empty = windows["window_id"].iloc[np.argmax(durations <= 0)]
        raise VideoError(f"the window {empty!r} has a duration of 0 s or less: leave it out.")
    if (durations > LONGEST).any():
        row = int(np.argmax(durations > LONGEST))
        raise VideoError(f"the window {windows['window_id'].iloc[row]!r} lasts {durations[row]:g} s: give seconds.")
    columns = {"window_id": windows["window_id"], "video_id": windows["video_id"], "duration": durations}
    return pd.DataFrame(columns).reset_index(drop=True)


def ranked_intervals(clips: pd.DataFrame, window_ids: pd.Index) -> Intervals:
    """Predicted clips, best score first in each window, those with equal scores in order of time.

    Raises:
        VideoError: a column lacks, a number is missing, a clip ends before it starts or its window is not known.
    """
    name = "the table of predicted clips"
    require_columns(clips, ["window_id", "start", "end", "score"], name)
    start, end = ordered_ends(clips, name)
    scores = finite(clips, "score", name)
    codes = window_codes(clips, window_ids, name)
    order = np.lexsort((end, start, -scores, codes))
    return Intervals(start[order], end[order], _offsets(codes, len(window_ids)), order)


def true_intervals(truth: pd.DataFrame, window_ids: pd.Index) -> Intervals:
    """Annotated clips in order of time.

    Raises:
        VideoError: as for predicted clips, or a clip has no length, which nothing can match.
    """
    name = "the table of annotated clips"
    require_columns(truth, ["window_id", "start", "end"], name)
    start, end = ordered_ends(truth, name)
    if (start == end).any():
        row = truth.index[np.argmax(start == end)]
        raise VideoError(f"row {row} of {name} has no length: nothing can match it, so leave it out.")
    codes = window_codes(truth, window_ids, name)
    order = np.lexsort((end, start, codes))
    return Intervals(start[order], end[order], _offsets(codes, len(window_ids)), order)


def require_columns(table: pd.DataFrame, columns: list[str], name: str) -> None:
    """Refuses a table that lacks one of the columns."""
    for column in columns:
        if column not in table.columns:
            raise VideoError(f"{name} has no column {column!r}; it needs {', '.join(columns)}.")


def finite(table: pd.DataFrame, column: str, name: str) -> np.ndarray:
    """A column as float64, refused where a value is not a finite number."""
    values = pd.to_numeric(table[column], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    if not np.isfinite(values).all():
        row = int(np.argmin(np.isfinite(values)))
        raise VideoError(
            f"row {table.index[row]} of {name}: {column} is {table[column].tolist()[row]!r}, which is no finite number."
        )
    return values


def texts(table: pd.DataFrame, column: str, name: str) -> list[str]:
    """A column of texts, refused where a value is none."""
    values = table[column].tolist()
    for row, value in enumerate(values):
        if not isinstance(value, str):
            raise VideoError(f"row {table.index[row]} of {name}: {column} is {value!r}, which is no text.")
    return values


def ordered_ends(table: pd.DataFrame, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Starts and ends in seconds, refused where a clip ends before it starts."""
    start, end = finite(table, "start", name), finite(table, "end", name)
    if (end < start).any():
        row = int(np.argmax(end < start))
        raise VideoError(
            f"row {table.index[row]} of {name} ends at {end[row]:g} s, before its start at {start[row]:g} s: swap them."
        )
    return start, end


def window_codes(table: pd.DataFrame, window_ids: pd.Index, name: str) -> np.ndarray:
    """Position of each row's window, refused where it is not among the windows."""
    codes = window_ids.get_indexer(table["window_id"])
    if (codes < 0).any():
        row = int(np.argmax(codes < 0))
        window = table["window_id"].tolist()[row]
        raise VideoError(
            f"row {table.index[row]} of {name} is in the window {window!r}, which is not in the table of windows."
        )
    return codes


def _offsets(codes: np.ndarray, windows: int) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(np.bincount(codes, minlength=windows))])
