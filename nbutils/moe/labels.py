"""Names, tokens and layers as figures and captions write them."""

from collections.abc import Iterable

import numpy as np

LONGEST_NAME = 24


def evenly_spaced(values: Iterable[int], most: int) -> list[int]:
    """At most `most` of the sorted values, the first and the last among them."""
    values = sorted(values)
    if len(values) <= most:
        return values
    return [values[i] for i in np.linspace(0, len(values) - 1, most).round().astype(int)]


def shown_token(token: str) -> str:
    """A token as a label: spaces and line ends made visible, what cannot be printed replaced."""
    return _plain("".join(c if c.isprintable() else "↵" if c == "\n" else "�" for c in token.replace(" ", "·")))


def shown_name(model: str) -> str:
    """A model's name as a label: the end of a long path."""
    return _plain(model if len(model) <= LONGEST_NAME else "…" + model[-LONGEST_NAME + 1 :])


def _plain(text: str) -> str:
    """Text in which matplotlib reads no mathematics."""
    return text.replace("$", r"\$")
