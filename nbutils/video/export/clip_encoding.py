"""A part of a video, encoded anew as H.264 and AAC."""

from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from nbutils.video.export.clip_files import Written
from nbutils.video.export.clip_pictures import ClipPictures
from nbutils.video.export.clip_sound import ClipSound, SoundForm, form_of
from nbutils.video.export.on_screen import on_screen
from nbutils.video.export.seeking import INTERLEAVED, SAME, seek_before, shown_at, time_zero


class Quality(NamedTuple):
    """How a clip is encoded.

    Attributes:
        options: of libx264.
        shorter_side: of the pictures, pixels, which are then square; None keeps the pictures as large as they are.
        sound: None keeps the rate of the source where AAC has it, in mono or stereo.
    """

    options: dict[str, str]
    shorter_side: int | None = None
    sound: SoundForm | None = None


def encode_clip(
    output: OutputContainer, container: InputContainer, video: VideoStream, start: float, end: float, quality: Quality
) -> Written | None:
    """Puts the pictures that are on screen from `start` until `end` (s), and their sound, into `output`.

    What is damaged in the source is passed over. At a constant rate only whole pictures count, see `on_screen`.

    Returns:
        What was written; None where the clip begins after the last picture.
    """
    audio = next((stream for stream in container.streams.audio if stream.codec_context), None)
    video.thread_type = "AUTO"
    pictures, sound, waiting = None, None, []
    for item in on_screen(_frames(container, video, audio, start, end), video, start, end):
        if isinstance(item, AudioFrame):
            waiting.append(item)
        else:
            if pictures is None:
                pictures = ClipPictures(output, video, item, quality.options, quality.shorter_side)
                sound = _sound(output, video, audio, pictures.start, end, quality.sound)
            output.mux(pictures.add(item))
        # Until the first picture comes it is not known where the sound has to start.
        while sound and waiting:
            output.mux(sound.add(waiting.pop(0)))
    if pictures is None:
        return None
    output.mux(pictures.finish())
    if sound:
        output.mux(sound.finish())
    return Written(float(pictures.start), float(pictures.end), pictures.count)


def _sound(
    output: OutputContainer,
    video: VideoStream,
    audio: AudioStream | None,
    start: Fraction,
    end: float,
    form: SoundForm | None,
) -> ClipSound | None:
    if audio is None:
        return None
    zero = time_zero(video)
    return ClipSound(output, audio, zero + start, zero + Fraction(end), form or form_of(audio))


def _frames(
    container: InputContainer, video: VideoStream, audio: AudioStream | None, start: float, end: float
) -> Iterator[VideoFrame | AudioFrame]:
    """Pictures from a key frame at or before `start` until the first not before `end`, and the sound until `end`.

    They come in the file's order.
    """
    zero, pictures_left, sound_left = time_zero(video), True, audio is not None
    seek_before(container, video, start)
    for packet in container.demux([stream for stream in (video, audio) if stream]):
        if packet.stream is video:
            for frame in _decoded(packet):
                if pictures_left:
                    yield frame
                pictures_left = pictures_left and shown_at(frame, video) < end - SAME
        elif sound_left:
            for frame in _decoded(packet):
                sound_left = frame.pts is None or frame.pts * frame.time_base - zero < end
                if sound_left:
                    yield frame
        late = packet.dts is not None and packet.dts * packet.time_base - zero > end + INTERLEAVED
        sound_left = sound_left and not late
        # Pictures are waited for, however late the next one comes: until then the last one stays on screen.
        if not (pictures_left or sound_left):
            return


def _decoded(packet: Packet) -> list[VideoFrame] | list[AudioFrame]:
    """The frames of a packet; none where it is damaged, as in `media.decode`."""
    try:
        return packet.decode()
    except FFmpegError:
        return []
