"""Clips cut at the frame, encoded anew as H.264 and AAC in MP4."""

from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from pathlib import Path

import av
import pandas as pd
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from nbutils.video.export.clip_files import Written, write_clips
from nbutils.video.export.clip_pictures import ClipPictures
from nbutils.video.export.clip_sound import ClipSound
from nbutils.video.export.seeking import INTERLEAVED, SAME, seek_before, shown_at, time_zero


def cut_exactly(
    video: str | Path, clips: pd.DataFrame, folder: str | Path, *, crf: int = 18, preset: str = "veryfast"
) -> pd.DataFrame:
    """Writes each clip as an MP4 file that holds the frames that come on screen from its start until its end.

    The pictures are encoded anew, which takes time and a little quality. They keep their times, also where these are
    uneven; rotated ones are turned upright and odd sizes made even by one pixel. The sound starts with the first frame,
    in mono or stereo.

    Args:
        video: path of the video.
        clips: `video_id`, `start`, `end` (s after the first picture), `rank` if there is one; of one video.
        folder: for the files; made if it is not there.
        crf: quality of libx264, 0 (without loss) to 51; 18 is hard to tell from the source.
        preset: of libx264, from "ultrafast" to "veryslow".

    Returns:
        The clips with `number` in front and `file` (name in the folder), `file_start` and `file_end` (s, time of the
        first frame and end of the last), `shift` (file_start less start, below a frame) and `frames` behind.

    Raises:
        VideoError: the video cannot be read, a clip holds no frame, or a file cannot be written.
    """
    options = {"crf": str(crf), "preset": preset}
    return write_clips(video, clips, folder, lambda container: ".mp4", partial(_encode, options))


def _encode(
    options: dict[str, str], container: InputContainer, video: VideoStream, start: float, end: float, path: Path
) -> Written | None:
    audio = next((stream for stream in container.streams.audio if stream.codec_context), None)
    video.thread_type = "AUTO"
    pictures, sound, waiting = None, None, []
    with av.open(str(path), "w", format="mp4") as output:
        for frame in _frames(container, video, audio, start, end):
            if isinstance(frame, AudioFrame):
                waiting.append(frame)
            else:
                if pictures is None:
                    pictures = ClipPictures(output, video, frame, options)
                    sound = _sound(output, video, audio, pictures.start, end)
                output.mux(pictures.add(frame))
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
    output: OutputContainer, video: VideoStream, audio: AudioStream | None, start: Fraction, end: float
) -> ClipSound | None:
    if audio is None:
        return None
    zero = time_zero(video)
    return ClipSound(output, audio, zero + start, zero + Fraction(end))


def _frames(
    container: InputContainer, video: VideoStream, audio: AudioStream | None, start: float, end: float
) -> Iterator[VideoFrame | AudioFrame]:
    """The video's frames from `start` until before `end`, and the frames of sound around them, in the file's order."""
    zero, pictures_left, sound_left = time_zero(video), True, audio is not None
    seek_before(container, video, start)
    for packet in container.demux([stream for stream in (video, audio) if stream]):
        for frame in packet.decode():
            if packet.stream is video:
                time = shown_at(frame, video)
                pictures_left = pictures_left and time < end - SAME
                if start - SAME <= time < end - SAME:
                    yield frame
            elif frame.pts is None or frame.pts * frame.time_base - zero < end:
                yield frame
            else:
                sound_left = False
        late = packet.dts is not None and packet.dts * packet.time_base - zero > end + INTERLEAVED
        if not (pictures_left or sound_left) or late:
            return
