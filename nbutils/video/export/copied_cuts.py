"""Clips cut without encoding: fast and without loss, but only at key frames."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import pandas as pd
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from nbutils.video.errors import VideoError
from nbutils.video.export.clip_files import Written, write_clips
from nbutils.video.export.seeking import INTERLEAVED, SAME, seek_before, shown_at, time_zero

# Formats that are kept; a clip of any other is put into Matroska, which takes nearly all codecs.
SUFFIXES = {"mov,mp4,m4a,3gp,3g2,mj2": ".mp4"}
OTHER_SUFFIX = ".mkv"
FORMATS = {".mp4": "mp4", ".mkv": "matroska"}


def copy_from_keyframes(video: str | Path, clips: pd.DataFrame, folder: str | Path) -> pd.DataFrame:
    """Writes each clip as it is stored, from the last key frame at or before its start.

    A clip therefore begins early by `shift`, up to the distance of key frames. Sound is copied too; other streams are
    not. MP4 and MOV give MP4, all else Matroska.

    Args:
        video: path of the video.
        clips: `video_id`, `start`, `end` (s after the first picture), `rank` if there is one; of one video.
        folder: for the files; made if it is not there.

    Returns:
        The columns of `cut_exactly`; `shift` is 0 or less.

    Raises:
        VideoError: the video cannot be read or copied, a clip holds no frame, or a file cannot be written.
    """
    return write_clips(video, clips, folder, _suffix, _copy)


def _suffix(container: InputContainer) -> str:
    return SUFFIXES.get(container.format.name, OTHER_SUFFIX)


def _copy(container: InputContainer, video: VideoStream, start: float, end: float, path: Path) -> Written | None:
    first = _key_frame(container, video, start)
    audio = next((stream for stream in container.streams.audio if stream.codec_context), None)
    seek_before(container, video, float(first))
    frames, stop = 0, first
    with av.open(str(path), "w", format=FORMATS[_suffix(container)]) as output:
        copies = {stream: output.add_stream_from_template(stream) for stream in (video, audio) if stream}
        for packet in _packets(container, video, audio, first, end):
            if packet is None:
                stop = max(stop, Fraction(end))
                continue
            if packet.stream is video:
                frames += 1
                stop = max(stop, shown_at(packet, video) + (packet.duration or 0) * packet.time_base)
            _move(packet, time_zero(video) + first)
            packet.stream = copies[packet.stream]
            output.mux(packet)
    return Written(float(first), float(stop), frames) if stop > start else None


def _key_frame(container: InputContainer, video: VideoStream, start: float) -> Fraction:
    """Time of the last key frame at or before `start`; the first of all where there is none."""
    seek_before(container, video, start)
    found = None
    for packet in container.demux(video):
        if packet.size and packet.is_keyframe:
            if found is not None and shown_at(packet, video) > start + SAME:
                return found
            found = shown_at(packet, video)
        elif found is not None and shown_at(packet, video) > start + INTERLEAVED:
            return found
    if found is None:
        raise VideoError("the video has no key frame there.")
    return found


def _packets(
    container: InputContainer, video: VideoStream, audio: AudioStream | None, first: Fraction, end: float
) -> Iterator[Packet | None]:
    """Packets from the key frame at `first` on, until none is left that is shown before the end or that one needs.

    None says that there are later pictures, so that the last one taken is on screen until the end.
    """
    zero, latest = time_zero(video), None
    pictures_left, sound_left = True, audio is not None
    for packet in container.demux([stream for stream in (video, audio) if stream]):
        if not packet.size:
            continue
        time = shown_at(packet, video)
        decoded = time if packet.dts is None else packet.dts * packet.time_base - zero
        if packet.stream is not video:
            sound_left = time < end
            if first <= time < end:
                yield packet
        # Pictures behind the key frame but shown before it need what comes before it.
        elif pictures_left and time >= first - SAME and (latest is not None or packet.is_keyframe):
            # Nothing decoded from here on is shown before the end, and all that was taken is complete.
            pictures_left = decoded < end - SAME or (latest is not None and time < latest)
            if pictures_left:
                latest = time if latest is None else max(latest, time)
            yield packet if pictures_left else None
        if not (pictures_left or sound_left) or decoded > end + INTERLEAVED:
            return


def _move(packet: Packet, by: Fraction) -> None:
    """Takes `by` s from the packet's times."""
    ticks = round(by / packet.time_base)
    packet.pts = None if packet.pts is None else packet.pts - ticks
    packet.dts = None if packet.dts is None else packet.dts - ticks
