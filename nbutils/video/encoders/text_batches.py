"""Encodes texts a few at a time, those of like length together, so that little is padding."""

from collections.abc import Callable, Sequence

import numpy as np

_BATCH = 32


def rows_in_batches(encode: Callable[[list[str]], np.ndarray], texts: Sequence[str]) -> np.ndarray:
    """What `encode` makes of `texts`, [n, width], in their order; there must be one at least."""
    by_length = sorted(range(len(texts)), key=lambda number: len(texts[number]))
    batches = [by_length[begin : begin + _BATCH] for begin in range(0, len(texts), _BATCH)]
    rows = np.concatenate([encode([texts[number] for number in batch]) for batch in batches])
    return rows[np.argsort(by_length)]
