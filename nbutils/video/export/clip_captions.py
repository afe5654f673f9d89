"""Captions of clips, with times from the clip's start."""

from pathlib import Path

import pandas as pd

from nbutils.video.errors import VideoError
from nbutils.video.export.clips_to_write import numbered, spans
from nbutils.video.export.names import clip_file_name
from nbutils.video.media.caption_files import write_srt
from nbutils.video.metrics.tables import ordered_ends, require_columns, texts

# Less of a caption is not worth showing, s; a file has no shorter times than a millisecond either.
SHORTEST = 0.05


def captions_between(captions: pd.DataFrame, start: float, end: float) -> pd.DataFrame:
    """The captions shown from `start` to `end`, cut to it, with times from `start` on.

    Args:
        captions: `start`, `end` (s), `text`.
        start: of the clip, s.
        end: likewise.

    Returns:
        `start`, `end` (s after the clip's start), `text`.
    """
    name = "the table of captions"
    require_columns(captions, ["start", "end", "text"], name)
    starts, ends = ordered_ends(captions, name)
    texts(captions, "text", name)
    shown = captions.assign(start=starts.clip(start, end) - start, end=ends.clip(start, end) - start)
    return shown.loc[shown["end"] - shown["start"] >= SHORTEST, ["start", "end", "text"]].reset_index(drop=True)


def write_clip_captions(captions: pd.DataFrame, clips: pd.DataFrame, folder: str | Path) -> pd.DataFrame:
    """Writes an SRT file beside each clip's file, of the same name but for its ending.

    Args:
        captions: `start`, `end` (s of the video), `text`.
        clips: `video_id`, `start`, `end`, `rank` if there is one; of one video. Where `file_start` is there, as in the
            tables of `cut_exactly` and `copy_from_keyframes`, times count from it, and `file` gives the name.
        folder: for the files; made if it is not there.

    Returns:
        One row per clip: `number`, `captions_file` (name in the folder), `captions` (how many).

    Raises:
        VideoError: a table is malformed, or a file cannot be written.
    """
    table, folder, rows = numbered(clips), Path(folder), []
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise VideoError(f"cannot make the folder {str(folder)!r} ({error.strerror}): choose another.") from error
    begins = table["file_start"] if "file_start" in table else table["start"]
    files = table["file"] if "file" in table else [clip_file_name(*span, ".srt") for span in spans(table)]
    for (_, number, _, end), begin, file in zip(spans(table), begins, files, strict=True):
        shown = captions_between(captions, float(begin), end)
        name = Path(file).with_suffix(".srt").name
        write_srt(shown, folder / name)
        rows.append((number, name, len(shown)))
    return pd.DataFrame(rows, columns=["number", "captions_file", "captions"])
