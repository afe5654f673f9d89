"""Clips cut at the frame, encoded anew as H.264 and AAC in MP4."""

from functools import partial
from pathlib import Path

import av
import pandas as pd
from av.container import InputContainer
from av.video.stream import VideoStream

from nbutils.video.export.clip_encoding import Quality, encode_clip
from nbutils.video.export.clip_files import Written, write_clips


def cut_exactly(
    video: str | Path, clips: pd.DataFrame, folder: str | Path, *, crf: int = 18, preset: str = "veryfast"
) -> pd.DataFrame:
    """Writes each clip as an MP4 file that holds the pictures on screen from its start until its end.

    The pictures are encoded anew, which takes time and a little quality. At a constant rate these are the whole ones
    that come on screen in the clip. Where times are uneven they are kept: the picture on screen at the start is shown
    from there, and the last until the end or the next picture. Rotated ones are turned upright and odd sizes made even
    by one pixel. The sound starts with the first picture, in mono or stereo.

    Args:
        video: path of the video.
        clips: `video_id`, `start`, `end` (s after the first picture), `rank` if there is one; of one video.
        folder: for the files; made if it is not there.
        crf: quality of libx264, 0 (without loss) to 51; 18 is hard to tell from the source.
        preset: of libx264, from "ultrafast" to "veryslow".

    Returns:
        The clips with `number` in front and `file` (name in the folder), `file_start` and `file_end` (s, time from
        which the file shows its first picture, and end of its last), `shift` (file_start less start: at a constant rate
        below a frame, else 0 but where the next picture is at most a tick of the file's clock away) and `frames`
        behind.

    Raises:
        VideoError: the video cannot be read, a clip begins after the last picture, or a file cannot be written.
    """
    quality = Quality({"crf": str(crf), "preset": preset})
    return write_clips(video, clips, folder, lambda container: ".mp4", partial(_encode, quality))


def _encode(
    quality: Quality, container: InputContainer, video: VideoStream, start: float, end: float, path: Path
) -> Written | None:
    with av.open(str(path), "w", format="mp4") as output:
        return encode_clip(output, container, video, start, end, quality)
