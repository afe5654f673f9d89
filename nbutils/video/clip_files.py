"""The clips of the shown video as files."""

from pathlib import Path

import pandas as pd

from nbutils.progress import progress
from nbutils.video.choices import Chosen
from nbutils.video.errors import VideoError
from nbutils.video.export import (
    cut_exactly,
    timeline,
    write_clip_captions,
    write_csv,
    write_edl,
    write_otio,
)
from nbutils.video.given import ShownVideo
from nbutils.video.media import media_info
from nbutils.video.media.whole_files import write_whole

TABLE = "clips.csv"
REJECTED = "rejected.csv"
EDIT_LIST = "clips.edl"
TIMELINE = "clips.otio"
# In place of the name of a file that is not there.
NONE = "none"


def write_clips(shown: ShownVideo, chosen: Chosen, folder: Path) -> pd.DataFrame:
    """Writes the clips as MP4, with captions beside them, a table, an edit list and a timeline, and what was rejected.

    Clips, edit list and timeline that an earlier call wrote there are removed first, as far as its table is there.

    Args:
        shown: the video.
        chosen: its clips, and the candidates that were not chosen.
        folder: made if it is not there.

    Returns:
        One row per file: `file` (name in the folder), `holds`. A row with the file "none" says of a clip, or of all,
        why it was not written.

    Raises:
        VideoError: the table of what was rejected, or a file beside a clip, cannot be written.
    """
    _make(folder)
    _remove_earlier(folder)
    missing = nothing_to_write(shown, chosen.clips)
    rows = [(NONE, missing)] if missing else _write_clips(shown, chosen.clips, folder)
    write_whole(folder / REJECTED, chosen.rejected.to_csv(index=False, lineterminator="\n").encode())
    rows.append((REJECTED, "the candidates that were not chosen, with reasons"))
    return pd.DataFrame(rows, columns=["file", "holds"])


def nothing_to_write(shown: ShownVideo, clips: pd.DataFrame) -> str:
    """Why no clip can be cut; "" where it can."""
    if shown.file is None:
        return "there is no video file: set video to one"
    return "no clip was chosen: lower threshold or min_length" if clips.empty else ""


def _write_clips(shown: ShownVideo, clips: pd.DataFrame, folder: Path) -> list[tuple[str, str]]:
    parts, refused = [], []
    for place in progress(range(len(clips)), "clips"):
        clip = clips.iloc[[place]]
        try:
            parts.append(cut_exactly(shown.file, clip, folder))
        except VideoError as error:
            refused.append((NONE, f"clip {clip['rank'].item()} was not written: {error}"))
    if not parts:
        return refused
    written = pd.concat(parts, ignore_index=True)
    rows = [
        (row.file, f"clip {row.number}, {row.file_end - row.file_start:.1f} s, {row.frames} frames")
        for row in written.itertuples()
    ]
    rows += refused
    if shown.features.captions is not None:
        beside = write_clip_captions(shown.features.captions, written, folder)
        rows += [(row.captions_file, f"captions of clip {row.number}: {row.captions}") for row in beside.itertuples()]
    write_csv(written, folder / TABLE)
    rows.append((TABLE, "the clips with their files"))
    return rows + _edit_lists(shown, written, folder)


def _edit_lists(shown: ShownVideo, written: pd.DataFrame, folder: Path) -> list[tuple[str, str]]:
    rate, name = media_info(shown.file).frame_rate, shown.file.name
    if rate is None:
        return []
    try:
        made = timeline(written, rate, shown.features.duration, media=name)
        write_edl(written, folder / EDIT_LIST, rate, media=name)
    except VideoError as error:
        return [(NONE, f"edit list and timeline were not written: {error}")]
    write_otio(made, folder / TIMELINE)
    return [(EDIT_LIST, "edit list, CMX 3600"), (TIMELINE, "timeline, OpenTimelineIO")]


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise VideoError(f"cannot make the folder {str(folder)!r} ({error.strerror}): choose another.") from error


def _remove_earlier(folder: Path) -> None:
    table = folder / TABLE
    try:
        names = pd.read_csv(table)["file"].astype(str)
    except (OSError, ValueError, KeyError):
        return
    for name in names:
        # Only plain names: a table from elsewhere must not reach outside of its folder.
        if Path(name).name == name and Path(name).suffix in (".mp4", ".srt"):
            for suffix in (".mp4", ".srt"):
                (folder / name).with_suffix(suffix).unlink(missing_ok=True)
    for name in (EDIT_LIST, TIMELINE, TABLE):
        (folder / name).unlink(missing_ok=True)
