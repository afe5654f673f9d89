"""Single pictures of a video file."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from nbutils.video.errors import VideoError
from nbutils.video.export.seeking import SAME, seek_before, shown_at
from nbutils.video.media.opening import open_video
from nbutils.video.media.screen import small_size, upright


def stills(video: str | Path, times: Sequence[float], shorter_side: int) -> list[np.ndarray]:
    """The pictures on screen at some times, small and upright.

    Args:
        video: path of the video.
        times: s after the first picture, at least one.
        shorter_side: of each picture, pixels.

    Returns:
        uint8 RGB [height, width, 3] for each time; the last picture where the video ended before.

    Raises:
        VideoError: the video cannot be read or has no picture.
    """
    with open_video(video) as (container, stream):
        stream.thread_type = "AUTO"
        shown = [_shown(container, stream, time, Path(video).name) for time in times]
        # The first picture says how all are made, so that they have one size.
        size = small_size(shown[0], stream.sample_aspect_ratio, shorter_side)
        return [upright(frame, size, round(shown[0].rotation / 90)) for frame in shown]


def _shown(container: InputContainer, video: VideoStream, time: float, name: str) -> VideoFrame:
    """The frame on screen at `time`."""
    shown = None
    try:
        seek_before(container, video, time)
        for frame in container.decode(video):
            if shown is not None and shown_at(frame, video) > time + SAME:
                break
            shown = frame
    except FFmpegError as error:
        if shown is None:
            raise VideoError(f"no picture of {name!r} at {time:g} s can be decoded ({error.strerror}).") from error
    if shown is None:
        raise VideoError(f"{name!r} has no picture at {time:g} s: it is damaged there.")
    return shown
