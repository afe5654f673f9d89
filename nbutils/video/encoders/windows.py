"""Feeds an encoder the seconds of a film as they come, a few at a time."""

from collections.abc import Callable

import numpy as np

from nbutils.video.encoders.interface import WindowEncoder

# Seconds that are encoded together: enough for the arithmetic of a GPU, and 10 MB of pictures for CLIP.
_BATCH = 32


class WindowRows:
    """Collects seconds, each an array of the same shape, and encodes them with those around them.

    Holds no more than a batch of seconds and the rows that are done.
    """

    def __init__(self, encoder: WindowEncoder, beyond: Callable[[np.ndarray], np.ndarray]):
        """`beyond` makes of the first or last second what stands beyond it, such as `np.zeros_like`."""
        self._encoder = encoder
        self._beyond = beyond
        self._held: list[np.ndarray] = []
        self._rows: list[np.ndarray] = []

    def add(self, second: np.ndarray) -> None:
        """Takes the next second."""
        if not self._held and not self._rows:
            self._held = [self._beyond(second)] * self._encoder.before
        self._held.append(second)
        if len(self._held) == self._encoder.before + _BATCH + self._encoder.after:
            self._encode()

    def finish(self) -> np.ndarray:
        """Rows float32 [seconds, width] of all seconds."""
        if self._held:
            self._held += [self._beyond(self._held[-1])] * self._encoder.after
            self._encode()
        return np.concatenate(self._rows) if self._rows else np.zeros((0, self._encoder.width), np.float32)

    def _encode(self) -> None:
        """Encodes the seconds that have all their neighbours, and keeps those that others will look at."""
        length = self._encoder.before + 1 + self._encoder.after
        ready = len(self._held) - length + 1
        if ready > 0:
            windows = np.lib.stride_tricks.sliding_window_view(np.stack(self._held), length, axis=0)
            self._rows.append(self._encoder.encode(np.moveaxis(windows, -1, 1)).astype(np.float32))
            self._held = self._held[ready:]
