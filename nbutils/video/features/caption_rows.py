"""Text features: what the captions of each second mean."""

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from nbutils.video.encoders.interface import TextEncoder
from nbutils.video.errors import VideoError


def caption_rows(captions: pd.DataFrame, seconds: int, encoder: TextEncoder) -> np.ndarray:
    """The mean of the embeddings of the captions on screen in each second, weighted by how long each is.

    Args:
        captions: start, end (seconds) and text.
        seconds: rows to make.
        encoder: of texts; each different text is encoded once.

    Returns:
        float32 [seconds, width]; zero where no caption is on screen.
    """
    rows = np.zeros((seconds, encoder.width), np.float32)
    on_screen = captions[captions["start"] < seconds]
    if len(on_screen):
        number, texts = pd.factorize(on_screen["text"])
        rows += shares(on_screen, number, seconds, len(texts)) @ encoder.encode(list(texts))
    return rows


def shares(captions: pd.DataFrame, number: np.ndarray, seconds: int, texts: int) -> csr_array:
    """Weights [seconds, texts] of the text `number` of each caption: its share of the time of captions that second."""
    rows, columns, lengths = [], [], []
    for start, end, text in zip(captions["start"], captions["end"], number, strict=True):
        second = np.arange(int(start), min(int(np.ceil(end)), seconds))
        rows.append(second)
        columns.append(np.full(len(second), text))
        lengths.append(np.minimum(end, second + 1) - np.maximum(start, second))
    overlap = csr_array(
        (np.concatenate(lengths), (np.concatenate(rows), np.concatenate(columns))), shape=(seconds, texts)
    )
    total = overlap.sum(axis=1)
    return csr_array(overlap.multiply(1 / np.where(total > 0, total, 1)[:, None]))


def check_captions(captions: pd.DataFrame) -> None:
    """Raises VideoError, which names the row, unless each has a text and 0 <= start < end, in seconds."""
    missing = {"start", "end", "text"} - set(captions.columns)
    if missing:
        raise VideoError(f"captions have no column {sorted(missing)[0]!r}: give start and end, in seconds, and text")
    for row, (start, end, text) in enumerate(captions[["start", "end", "text"]].itertuples(index=False)):
        if not (isinstance(text, str) and 0 <= start < end < np.inf):
            raise VideoError(f"row {row} of the captions is {text!r} from {start} to {end} s: give 0 <= start < end")
