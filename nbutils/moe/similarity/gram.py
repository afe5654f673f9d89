"""Inner products of all pairs of large matrices, of which only some are in memory at a time."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

# Two blocks of matrices are held at a time, each of so many weights: 1 GiB in bfloat16, which all experts of one
# projection of Mixtral-8x7B fit into. A block holds at least one matrix.
BLOCK_WEIGHTS = 2**29
# A chunk in float32 stays in the cache of a CPU.
CHUNK_WEIGHTS = 2**21
# Rows of a symmetric product that are multiplied at a time, with the rows from there on only.
STRIP = 16

Prepare = Callable[[Tensor, slice], Tensor]


def gram(readers: Sequence[Callable[[], Tensor]], weights: int, prepare: Prepare | None = None) -> np.ndarray:
    """Inner products of matrices of one shape, flattened; products in float32 over chunks, their sum in float64.

    At most two blocks of matrices, as they come, and two chunks in float32 are in memory.

    Args:
        readers: each returns one matrix.
        weights: of one matrix.
        prepare: applied to chunks [matrices, rows, columns] in float32, with their rows, before they are multiplied.

    Returns:
        [n, n] float64.
    """
    products = np.zeros((len(readers), len(readers)))
    size = max(1, BLOCK_WEIGHTS // weights)
    for start in range(0, len(readers), size):
        _fill(products, readers, range(start, len(readers), size), prepare)
    return np.triu(products) + np.triu(products, 1).T


def _fill(
    products: np.ndarray, readers: Sequence[Callable[[], Tensor]], starts: range, prepare: Prepare | None
) -> None:
    """Products of the block at the first of `starts` with itself and the blocks at the others."""
    size = starts.step
    here = slice(starts[0], starts[0] + size)
    left = [read() for read in readers[here]]
    products[here, here] = _within(left, prepare)
    for other in starts[1:]:
        there = slice(other, other + size)
        products[here, there] = _between(left, readers[there], prepare)


def _within(matrices: list[Tensor], prepare: Prepare | None) -> np.ndarray:
    total = torch.zeros(len(matrices), len(matrices), dtype=torch.float64)
    for rows in _row_chunks(matrices):
        chunk = _chunk(matrices, rows, prepare)
        for start in range(0, len(chunk), STRIP):
            total[start : start + STRIP, start:] += (chunk[start : start + STRIP] @ chunk[start:].T).cpu().double()
    return total.numpy()


def _between(left: list[Tensor], readers: Sequence[Callable[[], Tensor]], prepare: Prepare | None) -> np.ndarray:
    right = [read() for read in readers]
    total = torch.zeros(len(left), len(right), dtype=torch.float64)
    for rows in _row_chunks(left):
        first, second = _chunk(left, rows, prepare), _chunk(right, rows, prepare)
        total += (first @ second.to(first.device).T).cpu().double()
    return total.numpy()


def _row_chunks(matrices: list[Tensor]) -> list[slice]:
    rows, columns = matrices[0].shape
    step = max(1, CHUNK_WEIGHTS // (len(matrices) * columns))
    return [slice(start, min(start + step, rows)) for start in range(0, rows, step)]


def _chunk(matrices: list[Tensor], rows: slice, prepare: Prepare | None) -> Tensor:
    """Some rows of each matrix, flattened: [matrices, rows * columns] float32."""
    chunk = matrices[0].new_empty(len(matrices), rows.stop - rows.start, matrices[0].shape[1], dtype=torch.float32)
    for place, matrix in zip(chunk, matrices, strict=True):
        place.copy_(matrix[rows])
    return (prepare(chunk, rows) if prepare else chunk).flatten(1)
