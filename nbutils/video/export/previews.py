"""Small films of clips, which a notebook can hold."""

import math
import tempfile
from functools import partial
from pathlib import Path

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from nbutils.video.errors import VideoError
from nbutils.video.export.clip_encoding import Quality, encode_clip
from nbutils.video.export.clip_files import Written, cut_clip
from nbutils.video.export.clip_sound import SoundForm
from nbutils.video.media.opening import open_video

# One thread gives the same bytes on every machine. The pictures take 60 kbit a second at most, and once as much again,
# which with the sound and the file's tables stays below 12 kB a second.
PICTURES = {
    "crf": "30",
    "preset": "slow",
    "threads": "1",
    "maxrate": "60k",
    "bufsize": "60k",
}
SOUND = SoundForm(24_000, "mono", 24_000)
# Tables stand before the pictures, so that a browser begins at once.
FILE = {"movflags": "+faststart"}


def preview(video: str | Path, start: float, end: float, *, shorter_side: int = 144) -> bytes:
    """One clip as a small MP4 file with H.264 and AAC, which browsers play.

    The same clip gives the same bytes as long as the libraries stay the same.

    Args:
        video: path of the video.
        start: of the clip, s after the first picture.
        end: likewise.
        shorter_side: of the pictures, pixels, 16 or more; smaller videos are not made larger.

    Returns:
        The file, at the default size at most about 12 kB for a second; without sound where the video has none.

    Raises:
        VideoError: the video cannot be read, or no frame of it is shown in the clip.
    """
    if not 0 <= start < end < math.inf:
        raise VideoError(f"there is no clip from {start:g} to {end:g} s: give 0 <= start < end")
    if shorter_side < 16:
        raise VideoError(f"a preview of {shorter_side} pixels shows nothing: choose 16 or more")
    with open_video(video) as (container, stream), tempfile.TemporaryDirectory() as folder:
        source = stream.codec_context
        quality = Quality(PICTURES, min(shorter_side, source.width, source.height), SOUND)
        # The tables can be put in front in a real file only.
        path = Path(folder) / "preview.mp4"
        cut_clip(partial(_encode, quality), container, stream, start, end, path)
        return path.read_bytes()


def _encode(
    quality: Quality, container: InputContainer, video: VideoStream, start: float, end: float, path: Path
) -> Written | None:
    with av.open(str(path), "w", format="mp4", options=FILE) as output:
        return encode_clip(output, container, video, start, end, quality)
