"""The picture that is on screen at every full second, small and upright."""

import math
from collections.abc import Iterable, Iterator
from fractions import Fraction

import numpy as np
from av import VideoFrame
from av.video.stream import VideoStream

from nbutils.video.media.items import Frame, check_gap


class Screen:
    """Takes the frames of a stream in the order in which they are shown.

    Attributes:
        end: when the last picture goes, exact seconds after the start of the stream.
        backwards: frames whose time lies before that of the frame before.
    """

    def __init__(self, stream: VideoStream, shorter_side: int):
        self.end = Fraction(0)
        self.backwards = 0
        self._stream = stream
        self._start = stream.start_time or 0
        self._shorter_side = shorter_side
        self._size = (0, 0)
        self._turns = 0
        self._shown: VideoFrame | None = None
        self._since = Fraction(0)
        self._second = 0

    def show(self, frames: Iterable[VideoFrame]) -> Iterator[Frame]:
        """The seconds that pass while `frames` come on screen."""
        for frame in frames:
            if self._shown is None:
                # The first frame says how all are made, so that they have one size.
                self._size = small_size(frame, self._stream.sample_aspect_ratio, self._shorter_side)
                self._turns = round(frame.rotation / 90)
            time = self._time(frame)
            self.backwards += time < self._since
            check_gap(self._stream, float(self.end), float(time))
            if self._shown is None:
                self._shown, self._since = frame, time
            yield from self._seconds_before(math.ceil(time))
            self._shown, self._since = frame, time
            self.end = max(self.end, time + self._time_on_screen(frame))

    def finish(self) -> Iterator[Frame]:
        """The seconds that are left until the last picture goes, which is told to the millisecond."""
        self.end = round(self.end, 3)
        if self._shown is not None:
            yield from self._seconds_before(math.ceil(self.end))

    def _seconds_before(self, second: int) -> Iterator[Frame]:
        if self._second < second:
            picture = upright(self._shown, self._size, self._turns)
            for passed in range(self._second, second):
                yield Frame(passed, float(self._since), picture)
            self._second = second

    def _time(self, frame: VideoFrame) -> Fraction:
        ticks = frame.dts if frame.pts is None else frame.pts
        return self.end if ticks is None else (ticks - self._start) * self._stream.time_base

    def _time_on_screen(self, frame: VideoFrame) -> Fraction:
        if frame.duration:
            return frame.duration * self._stream.time_base
        return 1 / self._stream.guessed_rate if self._stream.guessed_rate else Fraction(0)


def small_size(frame: VideoFrame, pixel_aspect: Fraction | None, shorter_side: int) -> tuple[int, int]:
    """Width and height to which a stored frame is scaled, before it is turned.

    The shorter side gets `shorter_side` pixels and the other keeps the shape; pixels that are not square are made so.
    """
    aspect = float(frame.width * (pixel_aspect or 1) / frame.height)
    if aspect >= 1:
        return round(shorter_side * aspect), shorter_side
    return shorter_side, round(shorter_side / aspect)


def upright(frame: VideoFrame, size: tuple[int, int], turns: int) -> np.ndarray:
    """The picture uint8 RGB [height, width, 3]: scaled, then turned by `turns` quarters counter-clockwise."""
    scaled = frame.reformat(*size, format="rgb24", interpolation="AREA")
    return np.ascontiguousarray(np.rot90(scaled.to_ndarray(), turns))
