"""Opens a video file, and says in one sentence why another file is none."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from nbutils.video.errors import VideoError

# Lists of other files and addresses, which FFmpeg would go and open, and pages of characters that it would draw.
_PLAYLISTS = {"hls", "dash", "concat", "concatf", "imf"}
_DRAWN_TEXT = {"tty", "bin", "xbin", "adf", "idf"}


@contextmanager
def open_video(path: str | Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Opens the file at `path` and closes it after the block.

    Cover pictures of sound files are no video. Only the file itself is read, whatever addresses stand in it.

    Yields:
        The container and its first video stream.

    Raises:
        VideoError: no such file, not a video, a playlist, a picture, or a file without a video stream.
    """
    file = Path(path).expanduser()
    if not file.is_file():
        raise VideoError(f"there is no video file {str(path)!r}: check the path, and download what is an address first")
    try:
        # An absolute path is never taken for the address of another protocol.
        container = av.open(str(file.resolve()), options={"protocol_whitelist": "file"}, metadata_errors="replace")
    except (av.error.FFmpegError, OSError) as error:
        raise VideoError(
            f"{file.name!r} cannot be read as a video ({error.strerror}): it is another kind of file, or cut off "
            "before the table that an MP4 file often has at its end"
        ) from error
    with container:
        yield container, _video_stream(container, file.name)


def _video_stream(container: InputContainer, name: str) -> VideoStream:
    kind = container.format.name
    if kind in _PLAYLISTS:
        raise VideoError(f"{name!r} is a playlist ({kind}), which names other files: give the video file itself")
    if kind in _DRAWN_TEXT:
        raise VideoError(f"{name!r} is not a video: give a file such as MP4, MOV, MKV, WebM or AVI")
    if kind == "image2" or kind.endswith("_pipe"):
        raise VideoError(f"{name!r} is a picture, not a video: give a file such as MP4, MOV, MKV, WebM or AVI")
    for stream in container.streams.video:
        # A stream whose codec this FFmpeg lacks has no context.
        if not stream.disposition & Disposition.attached_pic and stream.codec_context is not None:
            return stream
    held = ", ".join(sorted({stream.type for stream in container.streams})) or "nothing"
    raise VideoError(f"{name!r} has no video stream that can be decoded (it holds: {held}): give a file with pictures")
