"""What the network should say of each second, from annotated clips."""

import numpy as np

from nbutils.video.model.network import MIDDLE


def second_targets(clips: np.ndarray, seconds: int) -> tuple[np.ndarray, np.ndarray]:
    """Whether the middle of each second lies in a clip, and how far that clip's start and end are.

    Where clips overlap, the shortest is taken. A clip that holds the middle of no second (as one below a second may)
    has no say.

    Args:
        clips: [n, 2], starts and ends in seconds from the beginning of the first row.
        seconds: number of rows T.

    Returns:
        `inside` [T] bool and `offsets` [T, 2] float32 in seconds, 0 outside of clips.
    """
    middles = np.arange(seconds) + MIDDLE
    inside = np.zeros(seconds, dtype=bool)
    offsets = np.zeros((seconds, 2), dtype=np.float32)
    for start, end in sorted(clips, key=lambda clip: clip[0] - clip[1]):
        held = (middles >= start) & (middles < end)
        inside |= held
        offsets[held] = np.stack((middles[held] - start, end - middles[held]), axis=1)
    return inside, offsets
