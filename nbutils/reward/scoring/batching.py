"""Rows of tokens of similar length, padded on the right."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor


def length_batches(lengths: Sequence[int], batch_tokens: int) -> list[np.ndarray]:
    """Row numbers in batches of similar length, the longest first, so that a lack of memory shows at once.

    Args:
        lengths: tokens of each row.
        batch_tokens: most tokens of a batch, padding included; a longer row is a batch of its own.

    Raises:
        ValueError: `batch_tokens` is below 1.
    """
    if batch_tokens < 1:
        raise ValueError(f"batch_tokens={batch_tokens} has to be at least 1")
    order = np.argsort(-np.asarray(lengths, dtype=np.int64), kind="stable")
    batches, start = [], 0
    while start < len(order):
        rows = max(1, batch_tokens // max(1, lengths[order[start]]))
        batches.append(order[start : start + rows])
        start += rows
    return batches


def padded(rows: Sequence[np.ndarray | Sequence[int]], filling: int) -> Tensor:
    """Rows as one int64 tensor [rows, length of the longest], filled up on the right.

    On the right whatever the tokenizer prefers: positions then count from each row's first token, and in a causal model
    no token sees the padding.
    """
    whole = torch.full((len(rows), max(map(len, rows))), filling)
    for row, tokens in enumerate(rows):
        whole[row, : len(tokens)] = torch.as_tensor(tokens)
    return whole
