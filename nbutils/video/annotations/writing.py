"""Writes annotations in the form of Repurpose-10K."""

import json
import math
from pathlib import Path

import pandas as pd

from nbutils.video.annotations.reading import parse_annotations
from nbutils.video.annotations.tables import Annotations
from nbutils.video.errors import VideoError
from nbutils.video.media.whole_files import write_whole


def write_annotations(annotations: Annotations, path: str | Path) -> None:
    """Writes a file that `read_annotations` reads back.

    What was read from a file of Repurpose-10K is written with the same values: windows there start at whole seconds, so
    that adding the start to a clip's offset loses nothing. `coverage` is left out where it is NaN.

    Args:
        annotations: `windows` needs `window_id`, `video_id`, `window_start`, `window_end` and `coverage`, `clips` needs
            `window_id`, `start` and `end`.
        path: of the JSON file.

    Raises:
        VideoError: a clip belongs to no window, the times are not in order, or the file cannot be written.
    """
    unknown = ~annotations.clips["window_id"].isin(annotations.windows["window_id"])
    if unknown.any():
        lost = annotations.clips.loc[unknown, "window_id"].iloc[0]
        raise VideoError(f"a clip belongs to the window {lost!r}, which is not in the table of windows.")
    clips = dict(list(annotations.clips.groupby("window_id")))
    entries = [_entry(window, clips.get(window.window_id)) for window in annotations.windows.itertuples()]
    parse_annotations(entries, "the annotations to write")
    write_whole(Path(path).expanduser(), json.dumps(entries).encode())


def _entry(window: tuple, clips: pd.DataFrame | None) -> dict[str, object]:
    """The object of one row of the windows and its rows of the clips."""
    offsets = [] if clips is None else clips[["start", "end"]].to_numpy(dtype=float).tolist()
    start, end = float(window.window_start), float(window.window_end)
    entry = {
        "youtube_id": window.video_id,
        "timeRange": [start, end],
        "segments": [[a + start, b + start] for a, b in offsets],
        "timeRangeOffset": [0.0, end - start],
        "segmentsOffset": offsets,
        "coverage": float(window.coverage),
    }
    if math.isnan(entry["coverage"]):
        del entry["coverage"]
    return entry
