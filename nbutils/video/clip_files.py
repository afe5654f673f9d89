"""The clips of the shown video as files."""

from pathlib import Path

import pandas as pd

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

TABLE = "clips.csv"


def write_clips(shown: ShownVideo, clips: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Writes the clips as MP4, with captions beside them, a table, an edit list and a timeline.

    Clips that an earlier call wrote there are removed first, as far as its table names them.

    Args:
        shown: the video.
        clips: of `chosen`.
        folder: made if it is not there.

    Returns:
        One row per file: `file` (name in the folder), `holds`. A single row that says why where nothing is written.

    Raises:
        VideoError: a file cannot be written.
    """
    _remove_earlier(folder)
    missing = nothing_to_write(shown, clips)
    if missing:
        return pd.DataFrame([("none", missing)], columns=["file", "holds"])
    written = cut_exactly(shown.file, clips, folder)
    rows = [
        (row.file, f"clip {row.number}, {row.file_end - row.file_start:.1f} s, {row.frames} frames")
        for row in written.itertuples()
    ]
    if shown.features.captions is not None:
        beside = write_clip_captions(shown.features.captions, written, folder)
        rows += [(row.captions_file, f"captions of clip {row.number}: {row.captions}") for row in beside.itertuples()]
    write_csv(written, folder / TABLE)
    rows.append((TABLE, "the clips with their files"))
    return pd.DataFrame(rows + _edit_lists(shown, clips, folder), columns=["file", "holds"])


def nothing_to_write(shown: ShownVideo, clips: pd.DataFrame) -> str:
    """Why no clip can be cut; "" where it can."""
    if shown.file is None:
        return "there is no video file: set video to one"
    return "no clip was chosen: lower threshold or min_length" if clips.empty else ""


def _edit_lists(shown: ShownVideo, clips: pd.DataFrame, folder: Path) -> list[tuple[str, str]]:
    rate, name = media_info(shown.file).frame_rate, shown.file.name
    if rate is None:
        return []
    write_edl(clips, folder / "clips.edl", rate, media=name)
    write_otio(timeline(clips, rate, shown.features.duration, media=name), folder / "clips.otio")
    return [("clips.edl", "edit list, CMX 3600"), ("clips.otio", "timeline, OpenTimelineIO")]


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
    table.unlink(missing_ok=True)
