"""The pictures of a clip as a stream of H.264."""

from fractions import Fraction

import numpy as np
from av.container import OutputContainer
from av.packet import Packet
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream

from nbutils.video.export.on_screen import UNKNOWN_RATE, Picture
from nbutils.video.media.screen import small_size

# MP4 states how long the picture that is stored last stays: only in the order of showing is it the last one shown.
IN_ORDER = {"bf": "0"}


class ClipPictures:
    """Takes pictures in the order in which they are shown; the first, which is to be added too, is at time 0.

    Args:
        output: the file.
        video: the stream of the source.
        first: the first picture, which says how all are turned and how large they are.
        options: of libx264.
        shorter_side: of the pictures, pixels, whose pixels are made square; None leaves both as they are.

    Attributes:
        start: when the first picture is shown, exact s after that of the video.
        end: when the last one goes.
        count: pictures so far.
    """

    def __init__(
        self,
        output: OutputContainer,
        video: VideoStream,
        first: Picture,
        options: dict[str, str],
        shorter_side: int | None = None,
    ):
        self.start = self.end = first.begin
        self.count = 0
        self._time_base = video.time_base
        # Ticks that each picture stays, by when it comes: the encoder does not pass them on.
        self._stays: dict[int, int] = {}
        self._turns = round(first.frame.rotation / 90) % 4
        width, height, pixel_aspect = _shape(first.frame, video, shorter_side)
        if self._turns % 2:
            width, height, pixel_aspect = height, width, 1 / pixel_aspect
        self._stream = output.add_stream("libx264", rate=video.average_rate or UNKNOWN_RATE, options=options | IN_ORDER)
        # What every player shows has an even number of rows and columns.
        self._stream.width, self._stream.height = width // 2 * 2, height // 2 * 2
        self._stream.pix_fmt = "yuv420p"
        codec, source = self._stream.codec_context, video.codec_context
        codec.time_base = video.time_base
        codec.sample_aspect_ratio = pixel_aspect
        codec.color_range, codec.colorspace = source.color_range, source.colorspace
        codec.color_primaries, codec.color_trc = source.color_primaries, source.color_trc

    def add(self, picture: Picture) -> list[Packet]:
        """Packets that are done with this picture."""
        self.end, self.count = picture.end, self.count + 1
        frame = _turned(picture.frame, self._turns).reformat(self._stream.width, self._stream.height, "yuv420p")
        frame.pts, frame.time_base = round((picture.begin - self.start) / self._time_base), self._time_base
        frame.pict_type = PictureType.NONE
        self._stays[frame.pts] = round((picture.end - self.start) / self._time_base) - frame.pts
        return self._lasting(self._stream.encode(frame))

    def finish(self) -> list[Packet]:
        """The packets that are left."""
        return self._lasting(self._stream.encode(None))

    def _lasting(self, packets: list[Packet]) -> list[Packet]:
        for packet in packets:
            packet.duration = self._stays.pop(packet.pts)
        return packets


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
