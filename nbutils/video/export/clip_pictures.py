"""The pictures of a clip as a stream of H.264."""

from fractions import Fraction

import numpy as np
from av.container import OutputContainer
from av.packet import Packet
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream

from nbutils.video.errors import VideoError
from nbutils.video.export.seeking import shown_at
from nbutils.video.media.screen import small_size

# Frames a second where a file says nothing of them.
UNKNOWN_RATE = 25


class ClipPictures:
    """Takes frames in the order in which they are shown; the first, which is to be added too, is at time 0 of the clip.

    Args:
        output: the file.
        video: the stream of the source.
        first: the first frame, which says how all are turned and how large they are.
        options: of libx264.
        shorter_side: of the pictures, pixels, whose pixels are made square; None leaves both as they are.

    Attributes:
        start: when the first frame is shown, exact s after the first picture of the video.
        end: when the last one goes.
        count: frames so far.

    Raises:
        VideoError: a frame is not shown after the one before it.
    """

    def __init__(
        self,
        output: OutputContainer,
        video: VideoStream,
        first: VideoFrame,
        options: dict[str, str],
        shorter_side: int | None = None,
    ):
        self.start = self.end = shown_at(first, video)
        self.count = 0
        self._video, self._latest = video, self.start - 1
        self._turns = round(first.rotation / 90) % 4
        width, height, pixel_aspect = _shape(first, video, shorter_side)
        if self._turns % 2:
            width, height, pixel_aspect = height, width, 1 / pixel_aspect
        self._stream = output.add_stream("libx264", rate=video.average_rate or UNKNOWN_RATE, options=options)
        # What every player shows has an even number of rows and columns.
        self._stream.width, self._stream.height = width // 2 * 2, height // 2 * 2
        self._stream.pix_fmt = "yuv420p"
        codec, source = self._stream.codec_context, video.codec_context
        codec.time_base = video.time_base
        codec.sample_aspect_ratio = pixel_aspect
        codec.color_range, codec.colorspace = source.color_range, source.colorspace
        codec.color_primaries, codec.color_trc = source.color_primaries, source.color_trc

    def add(self, frame: VideoFrame) -> list[Packet]:
        """Packets that are done with this frame."""
        time = shown_at(frame, self._video)
        if time <= self._latest:
            raise VideoError(f"the stored times of its frames go back at {float(time):g} s; convert it to MP4 first")
        on_screen = (
            frame.duration * frame.time_base if frame.duration else 1 / (self._video.average_rate or UNKNOWN_RATE)
        )
        self._latest, self.end, self.count = time, time + on_screen, self.count + 1
        picture = _turned(frame, self._turns).reformat(self._stream.width, self._stream.height, "yuv420p")
        picture.pts, picture.time_base = round((time - self.start) / frame.time_base), frame.time_base
        picture.pict_type = PictureType.NONE
        return self._stream.encode(picture)

    def finish(self) -> list[Packet]:
        """The packets that are left."""
        return self._stream.encode(None)


def _turned(frame: VideoFrame, turns: int) -> VideoFrame:
    """The frame turned by quarters counter-clockwise; one that needs no turn stays as it is, colours too."""
    if turns == 0:
        return frame
    turned = np.rot90(frame.to_ndarray(format="rgb24"), turns)
    return VideoFrame.from_ndarray(np.ascontiguousarray(turned), format="rgb24")


def _shape(frame: VideoFrame, video: VideoStream, shorter_side: int | None) -> tuple[int, int, Fraction]:
    """Width, height and aspect of the pixels of a clip, as long as it is not turned."""
    pixel_aspect = video.sample_aspect_ratio or Fraction(1)
    if shorter_side is None:
        return frame.width, frame.height, pixel_aspect
    return *small_size(frame, pixel_aspect, shorter_side), Fraction(1)
