"""One pass through a video file: a picture and a second of sound for every second, in bounded memory."""

from collections.abc import Iterator
from pathlib import Path

from av import Packet
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Stream
from av.video.stream import VideoStream

from nbutils.video.errors import VideoError
from nbutils.video.media.info import stated_duration
from nbutils.video.media.items import SAMPLE_RATE, End, Frame, Sound
from nbutils.video.media.opening import open_video
from nbutils.video.media.screen import Screen
from nbutils.video.media.sound import SoundSeconds
from nbutils.video.media.wanted import WantedFrames

# Whole files differ by less from what they say, and their sound from their pictures, seconds.
_NOTED = 1.0


def decode(path: str | Path, *, shorter_side: int = 224) -> Iterator[Frame | Sound | End]:
    """Reads a video once, from beginning to end.

    Time 0 is the first picture. Pictures and sound come in the order of the file, each from second 0 without gaps: the
    picture on screen at the full second by the stored times, which may be at any distance from one another, and silence
    where there is no sound. A file that is cut off gives what can be decoded. A file without sound gives no Sound; the
    sound may end before the pictures do, or after them.

    Args:
        path: a video file.
        shorter_side: of the pictures, pixels; the other side keeps the shape.

    Yields:
        Frame and Sound, and at last one End.

    Raises:
        VideoError: not a video (see `open_video`), or none of it can be decoded.
    """
    with open_video(path) as (container, video):
        video.thread_type = "AUTO"
        frames, screen = WantedFrames(video), Screen(video, shorter_side)
        # Sound whose codec this FFmpeg lacks has no context.
        audio = next((stream for stream in container.streams.audio if stream.codec_context), None)
        zero = float((video.start_time or 0) * video.time_base)
        sound = SoundSeconds(audio, zero) if audio else None
        stopped: list[str] = []
        for packet in _packets(container, [stream for stream in (video, audio) if stream], stopped):
            if packet.stream is video:
                yield from screen.show(frames.add(packet))
            else:
                yield from sound.add(packet)
        yield from screen.show(frames.finish())
        yield from screen.finish()
        if sound:
            yield from sound.finish()
        if screen.end <= 0:
            raise VideoError(f"no picture of {Path(path).name!r} can be decoded: it has zero duration or is damaged")
        notes = [*_cut_off(container, video, screen, sound, stopped), *_damage(frames, screen, sound)]
        yield End(float(screen.end), (*notes, *_lengths(screen, sound, zero, container.start_time)))


def _packets(container: InputContainer, streams: list[Stream], stopped: list[str]) -> Iterator[Packet]:
    """Packets until the file ends or cannot be read on, of which the reason is put into `stopped`."""
    try:
        # At the end comes an empty packet for each stream.
        yield from (packet for packet in container.demux(streams) if packet.size)
    except FFmpegError as error:
        stopped.append(str(error.strerror))


def _cut_off(
    container: InputContainer, video: VideoStream, screen: Screen, sound: SoundSeconds | None, stopped: list[str]
) -> Iterator[str]:
    stated = stated_duration(container, video)
    # What is stated of the whole file may be the length of the sound.
    reached = float(screen.end) if video.duration or not sound else max(float(screen.end), sound.length / SAMPLE_RATE)
    if stopped or (stated is not None and stated > reached + _NOTED):
        promise = f" of {stated:.1f} s" if stated is not None else ""
        reason = f" ({stopped[0]})" if stopped else ""
        yield f"the pictures end at {float(screen.end):.1f} s{promise}{reason}: the file is cut off or damaged there"


def _damage(frames: WantedFrames, screen: Screen, sound: SoundSeconds | None) -> Iterator[str]:
    if frames.broken:
        yield f"packets of pictures that could not be decoded and were passed over: {frames.broken}"
    if sound and sound.broken:
        yield f"packets of sound that could not be decoded and were passed over: {sound.broken}"
    if screen.backwards:
        yield f"pictures whose stored time lies before that of the last one: {screen.backwards}; some may be missing"


def _lengths(screen: Screen, sound: SoundSeconds | None, zero: float, start: int | None) -> Iterator[str]:
    late = zero - (start or 0) / 1_000_000
    if late > _NOTED:
        yield f"the pictures begin {late:.1f} s after the file does: time 0 is the first picture"
    if sound is None:
        yield "there is no sound"
        return
    longer = sound.length / SAMPLE_RATE - float(screen.end)
    if longer > _NOTED:
        yield f"the sound goes on for {longer:.1f} s after the pictures end: that part is left out"
    if longer < -_NOTED:
        yield f"the sound ends {-longer:.1f} s before the pictures do: silence is put there"
