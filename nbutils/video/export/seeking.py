"""Reading a video file from a time on."""

from fractions import Fraction

from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

# Seeking may land behind the time asked for: each further try goes back by four times as much, s.
FIRST_STEP_BACK = 1
# Times of frames are whole ticks, and those of clips decimal fractions: nearer than this they are the same, s.
SAME = Fraction(1, 10_000)
# Sound may lie this much behind the pictures of the same time in a file, s.
INTERLEAVED = 10


def time_zero(video: VideoStream) -> Fraction:
    """When the first picture is shown, s of the file's clock: time 0 of clips."""
    return (video.start_time or 0) * video.time_base


def shown_at(item: Packet | VideoFrame, video: VideoStream) -> Fraction:
    """When a packet or frame of the video is shown, s after its first picture."""
    # Some files hold the order of decoding only.
    ticks = item.dts if item.pts is None else item.pts
    return (ticks or 0) * item.time_base - time_zero(video)


def seek_before(container: InputContainer, video: VideoStream, time: float) -> None:
    """Goes to a key frame that is shown at or before `time` (s after the first picture), or to the beginning."""
    step = FIRST_STEP_BACK
    while time > step:
        _seek(container, video, time - step)
        landed = next((packet for packet in container.demux(video) if packet.size), None)
        if landed is not None and landed.is_keyframe and shown_at(landed, video) <= time:
            _seek(container, video, time - step)
            return
        step *= 4
    _seek(container, video, 0.0)


def _seek(container: InputContainer, video: VideoStream, time: float) -> None:
    container.seek(int((time_zero(video) + Fraction(time)) / video.time_base), stream=video, backward=True)
