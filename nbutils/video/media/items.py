"""What a pass through a video gives."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from av.stream import Stream

from nbutils.video.errors import VideoError

SAMPLE_RATE = 16_000

# A still picture may stand for hours, but a jump of days is a damaged time, which would be days of rows.
_LONGEST_GAP = 24 * 3600


@dataclass(frozen=True)
class Frame:
    """What is on screen at a full second.

    Attributes:
        second: 0, 1, 2, ...
        time: when this picture came on screen, seconds; at most `second`, but for a gap before the first picture.
        picture: uint8 RGB [height, width, 3], scaled and upright.
    """

    second: int
    time: float
    picture: np.ndarray


@dataclass(frozen=True)
class Sound:
    """The sound from `second` to the next: float32 [16000] in -1 to 1, mono at 16 kHz."""

    second: int
    samples: np.ndarray


@dataclass(frozen=True)
class End:
    """What is known when the file has been read.

    Attributes:
        duration: seconds from the first picture to the end of the last, to the millisecond.
        notes: a sentence for each thing that a user should know, such as where a truncated file ends.
    """

    duration: float
    notes: tuple[str, ...]


def check_gap(stream: Stream, before: float, after: float) -> None:
    """Raises VideoError where the stored times of a stream, in seconds, jump by more than a day."""
    if after - before > _LONGEST_GAP:
        raise VideoError(
            f"the times stored in {Path(stream.container.name).name!r} jump from {before:.0f} s to {after:.0f} s: "
            "write it anew with an editor or FFmpeg"
        )
