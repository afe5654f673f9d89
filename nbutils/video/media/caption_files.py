"""Writes captions as SRT and WebVTT files, in UTF-8."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from nbutils.video.errors import VideoError
from nbutils.video.media.whole_files import write_whole


def write_srt(captions: pd.DataFrame, path: str | Path) -> None:
    """Writes a table of start, end (seconds, to the millisecond) and text as an SRT file.

    SRT has no way to write "<", "&" and the like otherwise than as they are. Empty lines in texts are left out.

    Raises:
        VideoError: times that are negative, not finite or not in order; names the row.
    """
    blocks = (
        f"{number}\n{_written(start, ',')} --> {_written(end, ',')}\n{text}\n"
        for number, (start, end, text) in enumerate(_rows(captions), start=1)
    )
    write_whole(Path(path), "\n".join(blocks).encode())


def write_vtt(captions: pd.DataFrame, path: str | Path) -> None:
    """Writes a table of start, end (seconds, to the millisecond) and text as a WebVTT file; raises as `write_srt`."""
    blocks = (
        f"{_written(start, '.')} --> {_written(end, '.')}\n{_escaped(text)}\n" for start, end, text in _rows(captions)
    )
    write_whole(Path(path), "\n".join(["WEBVTT\n", *blocks]).encode())


def _rows(captions: pd.DataFrame) -> Iterator[tuple[float, float, str]]:
    columns = (captions[name] for name in ("start", "end", "text"))
    for row, (start, end, text) in enumerate(zip(*columns, strict=True)):
        if not (0 <= start < end < np.inf):
            raise VideoError(f"row {row} of the captions goes from {start} s to {end} s: give 0 <= start < end")
        yield start, end, re.sub(r"\n\s*", "\n", str(text).replace("\r", "\n")).strip()


def _written(seconds: float, mark: str) -> str:
    minutes, milliseconds = divmod(round(seconds * 1000), 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{milliseconds // 1000:02d}{mark}{milliseconds % 1000:03d}"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
