import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("triton")
from nbutils.kernels.launch import block_table


@given(st.lists(st.integers(0, 40), min_size=1, max_size=12), st.sampled_from([1, 4, 16]))
def test_blocks_hold_every_slot_once_and_one_expert_each(counts, block_m):
    experts, firsts = block_table(torch.tensor(counts), block_m, sum(counts)).tolist()

    held = {expert: [] for expert in range(len(counts))}
    for expert, first in zip(experts, firsts, strict=True):
        if expert < len(counts):
            end = sum(counts[: expert + 1])
            assert first < end
            held[expert] += range(first, min(first + block_m, end))
    slots = torch.arange(sum(counts)).split(counts)
    assert held == {expert: own.tolist() for expert, own in enumerate(slots)}
