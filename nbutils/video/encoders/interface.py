"""What an encoder is: a name, the width of its rows, and `encode`."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np


class Encoder(Protocol):
    """Turns n items into n rows.

    Attributes:
        name: says all that the rows depend on, with versions; features with equal names can be compared.
        width: columns of a row.
    """

    name: str
    width: int


class WindowEncoder(Encoder, Protocol):
    """An encoder of seconds that may look at the seconds around each.

    Attributes:
        before: seconds before that it looks at.
        after: seconds after that it looks at.
    """

    before: int
    after: int

    def encode(self, windows: np.ndarray) -> np.ndarray:
        """Rows float32 [n, width] of windows [n, before + 1 + after, ...], each around its second.

        A second of sound is float32 [16000]; beyond the ends of the film is silence.
        """


class PictureEncoder(WindowEncoder, Protocol):
    """A `WindowEncoder` of pictures, uint8 RGB [height, width, 3]; beyond the ends stands the first or the last.

    Attributes:
        shorter_side: of the pictures that it wants, pixels.
    """

    shorter_side: int


class TextEncoder(Encoder, Protocol):
    """An encoder of texts."""

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Rows float32 [n, width] of n texts."""
