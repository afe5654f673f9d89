"""Tests that need Triton's interpreter, which is chosen before kernels are defined: see `tests.kernels.test_triton`."""

import os

import pytest
import torch

if os.environ.get("TRITON_INTERPRET") != "1":
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture
def small_tiles(monkeypatch):
    """Tiles so small that odd sizes take several, the last of them partly empty."""
    from nbutils.kernels import launch
    from nbutils.kernels.tiles import Tiles

    monkeypatch.setattr(launch, "tiles_for", lambda *_: Tiles(16, 32, 32, 4, 1))


@pytest.fixture
def guards(monkeypatch):
    """Buffers that are allocated, each poisoned with NaN and inside a larger one of NaN; returns the larger ones."""
    larger = []
    plain = torch.Tensor.new_empty

    def new_empty(tensor, *size, **kwargs):
        size = size[0] if isinstance(size[0], (tuple, list, torch.Size)) else size
        room = plain(tensor, size, **kwargs)
        if not room.numel() or not room.is_floating_point():
            return room
        larger.append(torch.full((room.numel() + 2 * GUARD,), torch.nan, dtype=room.dtype))
        return larger[-1][GUARD:-GUARD].view(size)

    monkeypatch.setattr(torch.Tensor, "new_empty", new_empty)
    return larger


GUARD = 4096
