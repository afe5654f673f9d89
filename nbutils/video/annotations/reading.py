"""Reads annotation files of the form of Repurpose-10K."""

from pathlib import Path

import pandas as pd

from nbutils.video.annotations.entries import Entry, checked_entries, load_json
from nbutils.video.annotations.repairs import repaired
from nbutils.video.annotations.tables import CLIP_COLUMNS, WINDOW_COLUMNS, Annotations, window_ids
from nbutils.video.errors import VideoError


def read_annotations(path: str | Path) -> Annotations:
    """Reads a file without changing anything in it.

    The file is a list of `{"youtube_id", "timeRange": [s, e], "segments": [[s, e], ...], "timeRangeOffset",
    "segmentsOffset", "coverage"}`: times in seconds of the video, the offsets the same times after the window's start.
    The last three fields may be absent. A window may stand in the file twice, as two do in val.json.

    Raises:
        VideoError: the file is not of that form, or clips are reversed, empty, out of order, overlap or leave the
            window, or the offsets do not agree with the times.
    """
    file = Path(path).expanduser()
    return parse_annotations(load_json(file), file.name)


def parse_annotations(content: object, name: str = "the annotations") -> Annotations:
    """The same from the content of such a file; `name` begins the sentences of errors."""
    annotations, repairs = _tables(content, name)
    if len(repairs):
        first = repairs.iloc[0]
        more = f", and {len(repairs) - 1} more" if len(repairs) > 1 else ""
        raise VideoError(
            f"{first['place']}: {first['problem']}{more}; correct the file, or let read_repaired_annotations mend it."
        )
    return annotations


def read_repaired_annotations(path: str | Path) -> tuple[Annotations, pd.DataFrame]:
    """Reads a file and mends what can be mended.

    Reversed clips are swapped, clips cut to the window, sorted, and cut where the one before them ends; those of which
    nothing is left are left out. Where the offsets disagree with the times of the video, those are taken.

    Returns:
        The annotations, and one row per repair: `place` (entry and field), `problem`, `repair`.

    Raises:
        VideoError: the file is not of the form that `read_annotations` describes.
    """
    file = Path(path).expanduser()
    return _tables(load_json(file), file.name)


def _tables(content: object, name: str) -> tuple[Annotations, pd.DataFrame]:
    entries = checked_entries(content, name)
    mended = [repaired(entry) for entry in entries]
    windows = _windows(entries, [len(clips) for clips, _ in mended])
    clips = windows.loc[windows.index.repeat(windows["clips"])].reset_index(drop=True)
    times = [time for window_clips, _ in mended for time in window_clips]
    clips["start"] = pd.Series([start for start, _ in times], dtype=float)
    clips["end"] = pd.Series([end for _, end in times], dtype=float)
    repairs = pd.DataFrame([repair for _, found in mended for repair in found], columns=["place", "problem", "repair"])
    return Annotations(windows, clips[CLIP_COLUMNS]), repairs


def _windows(entries: list[Entry], counts: list[int]) -> pd.DataFrame:
    windows = pd.DataFrame(
        {
            "video_id": [entry.video_id for entry in entries],
            "window_start": [entry.window[0] for entry in entries],
            "window_end": [entry.window[1] for entry in entries],
            "clips": counts,
            "coverage": [entry.coverage for entry in entries],
        }
    )
    windows["window_id"] = window_ids(windows["video_id"], windows["window_start"])
    windows["duration"] = windows["window_end"] - windows["window_start"]
    return windows[WINDOW_COLUMNS]
