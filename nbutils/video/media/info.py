"""What a video file says of itself in its header and its first picture."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from av import VideoFrame
from av.container import InputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream

from nbutils.video.media.opening import open_video


@dataclass(frozen=True)
class MediaInfo:
    """What the header states; `decode` finds what is really there.

    Attributes:
        name: file name.
        container: FFmpeg's name of the file format, such as "mov,mp4,m4a,3gp,3g2,mj2".
        duration: stated duration of the pictures, seconds; None where nothing is stated.
        width: of the stored pictures, before rotation, pixels.
        height: of the stored pictures, before rotation, pixels.
        rotation: by which players turn the stored pictures counter-clockwise, degrees: 0, 90, 180 or 270.
        frame_rate: mean frames a second; None where nothing is stated.
        video_codec: FFmpeg's name of the codec.
        audio_codec: that of the first sound stream, None without sound.
        sample_rate: of the sound, Hz, None without sound.
    """

    name: str
    container: str
    duration: float | None
    width: int
    height: int
    rotation: int
    frame_rate: float | None
    video_codec: str
    audio_codec: str | None
    sample_rate: int | None


def media_info(path: str | Path) -> MediaInfo:
    """Reads the header of a video file, and its first picture.

    Raises:
        VideoError: not a video; see `open_video`.
    """
    with open_video(path) as (container, video):
        audio = next((stream.codec_context for stream in container.streams.audio if stream.codec_context), None)
        first = _first_picture(container, video)
        return MediaInfo(
            name=Path(path).name,
            container=container.format.name,
            duration=stated_duration(container, video),
            width=video.codec_context.width,
            height=video.codec_context.height,
            rotation=0 if first is None else round(first.rotation / 90) % 4 * 90,
            frame_rate=float(video.average_rate) if video.average_rate else None,
            video_codec=video.codec_context.name,
            audio_codec=audio.name if audio else None,
            sample_rate=audio.sample_rate if audio else None,
        )


def _first_picture(container: InputContainer, video: VideoStream) -> VideoFrame | None:
    """The first one that can be decoded: PyAV tells the rotation of pictures, not of streams."""
    with suppress(FFmpegError):
        for packet in container.demux(video):
            with suppress(FFmpegError):
                for frame in packet.decode():
                    return frame
    return None


def stated_duration(container: InputContainer, video: VideoStream) -> float | None:
    """Seconds of pictures that the header promises, or of the whole file where it says nothing of the pictures."""
    if video.duration is not None:
        return float(video.duration * video.time_base)
    return container.duration / 1_000_000 if container.duration else None
