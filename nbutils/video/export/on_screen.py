"""Which pictures are on screen in a clip, and from when until when."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import NamedTuple

from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from nbutils.video.errors import VideoError
from nbutils.video.export.seeking import SAME, shown_at

# Pictures a second where a file says nothing of them.
UNKNOWN_RATE = 25
# A picture is as long as the rate says where it is off by a tick of the file's clock and this share of its length.
EVEN = Fraction(1, 100)


class Picture(NamedTuple):
    """A frame, and from when until when a clip shows it, exact s after the first picture of the video."""

    frame: VideoFrame
    begin: Fraction
    end: Fraction


def on_screen(
    frames: Iterable[VideoFrame | AudioFrame], video: VideoStream, start: float, end: float
) -> Iterator[Picture | AudioFrame]:
    """The pictures on screen from `start` until `end` (s), and the frames of sound as they come.

    The picture on screen at the start is shown from there, and the last one until the end of the clip or the next
    picture. Where a picture is as long as the frame rate says, the clip instead begins with the next and ends when the
    last one goes, so that at a constant rate it holds whole pictures.

    Args:
        frames: from before the start until the first picture not before the end, or the last of the video.
        video: the stream of the pictures.
        start: of the clip, s after the first picture of the video.
        end: likewise.

    Raises:
        VideoError: a frame is not shown after the one before it.
    """
    latest = None
    for frame in frames:
        if isinstance(frame, AudioFrame):
            yield frame
            continue
        if latest is not None:
            yield from _part(latest, shown_at(frame, video), video, Fraction(start), Fraction(end))
        latest = frame
    if latest is not None:
        yield from _part(latest, None, video, Fraction(start), Fraction(end))


def _part(
    frame: VideoFrame, following: Fraction | None, video: VideoStream, start: Fraction, end: Fraction
) -> Iterator[Picture]:
    """What a clip shows of a frame, where the next one comes at `following`, or none does."""
    begin = shown_at(frame, video)
    until = begin + _stated_length(frame, video) if following is None else following
    even = _is_even(until - begin, video)
    if start - SAME <= begin < end - SAME:
        if until <= begin:
            raise VideoError(f"the stored times of its frames go back at {float(until):g} s; convert it to MP4 first")
        yield Picture(frame, begin, until if even else min(until, end))
    # The next picture must be at least a tick later, or it would be stored at the same time.
    elif begin < start and until >= start + max(SAME, video.time_base):
        next_is_first = even and following is not None and following < end - SAME
        if not next_is_first:
            yield Picture(frame, start, min(until, end))


def _stated_length(frame: VideoFrame, video: VideoStream) -> Fraction:
    return frame.duration * frame.time_base if frame.duration else 1 / (video.average_rate or Fraction(UNKNOWN_RATE))


def _is_even(length: Fraction, video: VideoStream) -> bool:
    if not video.average_rate:
        return False
    usual = 1 / video.average_rate
    return abs(length - usual) <= video.time_base + usual * EVEN
