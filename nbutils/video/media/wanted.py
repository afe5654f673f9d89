"""Decodes what is needed to show the right picture at every full second, and little else.

A non-reference frame is one that no other frame is made from. Up to half the frames of a film are of this kind, and
those that are not on screen at a full second need not be decoded. Which frame is on screen follows from the times of
the packets, before any is decoded, so the pictures are the ones that decoding everything gives.
"""

import math
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import pairwise

from av import Packet, VideoFrame
from av.error import FFmpegError
from av.video.stream import VideoStream

# Codecs for which FFmpeg's "non-reference" means that nothing at all refers to the frame.
_SKIPPABLE = {"h264", "mpeg4"}

# Packets that wait for the next second: more than films have in one, and little memory.
_MOST_HELD = 300


class WantedFrames:
    """The frames of a video stream in the order in which they are shown, without those that are not needed.

    Attributes:
        broken: packets that could not be decoded.
    """

    def __init__(self, stream: VideoStream):
        self.broken = 0
        self._stream = stream
        self._start = stream.start_time or 0
        self._held: list[Packet] = []
        self._second = 0
        self._skippable = stream.codec_context.name in _SKIPPABLE
        # Of interlaced films a packet may be half a frame, so nothing is skipped before the first frame was seen.
        self._progressive = False

    def seconds(self, ticks: int) -> Fraction:
        """Exact time on the clock whose zero is the start of the stream."""
        return (ticks - self._start) * self._stream.time_base

    def add(self, packet: Packet) -> Iterator[VideoFrame]:
        """The frames that can be decoded now that `packet`, the next of the stream, is known."""
        if not self._skippable or len(self._held) == _MOST_HELD:
            yield from self._decode([*self._held, packet], not_needed=set())
            self._held = []
            return
        # No frame is shown before it is decoded: none that follows can be on screen at a second before this.
        if packet.dts is not None and (following := self.seconds(packet.dts)) > self._second:
            yield from self._decode_held(math.ceil(following) - 1)
            self._second = math.ceil(following)
        self._held.append(packet)

    def finish(self) -> Iterator[VideoFrame]:
        """The frames that are left when there are no more packets."""
        yield from self._decode(self._held, not_needed=set())
        yield from self._decode([None], not_needed=set())

    def _decode_held(self, second: int) -> Iterator[VideoFrame]:
        """Decodes what was held, without the frames that go before a second begins, of those up to `second`."""
        shown = {packet.pts: self.seconds(packet.pts) for packet in self._held if packet.pts is not None}
        past = sorted(pts for pts, time in shown.items() if time <= second)
        not_needed = {pts for pts, following in pairwise(past) if math.ceil(shown[pts]) >= shown[following]}
        held, self._held = self._held, []
        yield from self._decode(held, not_needed if self._progressive else set())

    def _decode(self, packets: Iterable[Packet | None], not_needed: set[int]) -> Iterator[VideoFrame]:
        for packet in packets:
            skipped = packet is not None and packet.pts in not_needed
            self._stream.codec_context.skip_frame = "NONREF" if skipped else "DEFAULT"
            try:
                frames = self._stream.decode(packet)
            except FFmpegError:
                self.broken += 1
                continue
            for frame in frames:
                self._progressive = not frame.interlaced_frame
                yield frame
