"""A file for each clip, whichever way it is cut."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from av.container import InputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream

from nbutils.progress import progress
from nbutils.video.errors import VideoError
from nbutils.video.export.clips_to_write import numbered, spans
from nbutils.video.export.names import clip_file_name
from nbutils.video.export.unfinished import written_whole
from nbutils.video.media.opening import open_video


class Written(NamedTuple):
    """When the first frame is shown and the last one goes, s after the first picture of the video; number of frames."""

    start: float
    end: float
    frames: int


Cutter = Callable[[InputContainer, VideoStream, float, float, Path], Written | None]


def write_clips(
    video: str | Path,
    clips: pd.DataFrame,
    folder: str | Path,
    suffix_of: Callable[[InputContainer], str],
    cut: Cutter,
) -> pd.DataFrame:
    """Lets `cut` write each clip, from start to end in s, to a path; it gives None for a clip that holds no frame.

    Returns:
        The clips with `number` in front and `file`, `file_start`, `file_end`, `shift` and `frames` behind.
    """
    table, rows = numbered(clips), []
    for video_id, number, start, end in progress(list(spans(table)), "cutting clips"):
        with open_video(video) as (container, stream):
            name = clip_file_name(video_id, number, start, end, suffix_of(container))
            with written_whole(Path(folder) / name) as unfinished:
                done = cut_clip(cut, container, stream, start, end, unfinished)
        rows.append((name, done.start, done.end, done.start - start, done.frames))
    columns = ["file", "file_start", "file_end", "shift", "frames"]
    return pd.concat([table, pd.DataFrame(rows, columns=columns)], axis=1)


def cut_clip(
    cut: Cutter, container: InputContainer, stream: VideoStream, start: float, end: float, path: Path
) -> Written:
    """Lets `cut` write a clip to `path`.

    Raises:
        VideoError: the clip holds no frame, or cannot be read or written.
    """
    name = Path(container.name).name
    try:
        done = cut(container, stream, start, end, path)
    except (FFmpegError, ValueError) as error:
        raise VideoError(f"the clip at {start:g}-{end:g} s cannot be cut from {name!r}: {error}.") from error
    if done is None:
        raise VideoError(f"no frame of {name!r} comes on screen at {start:g}-{end:g} s.")
    return done
