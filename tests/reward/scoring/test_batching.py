import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbutils.reward.scoring.batching import length_batches, padded


@given(lengths=st.lists(st.integers(0, 50), max_size=60), batch_tokens=st.integers(1, 200))
def test_batches_hold_each_row_once_within_the_budget_and_sorted(lengths, batch_tokens):
    batches = length_batches(lengths, batch_tokens)
    assert sorted(row for batch in batches for row in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(lengths[row] for row in batch) <= batch_tokens
    in_order = [lengths[row] for batch in batches for row in batch]
    assert in_order == sorted(lengths, reverse=True)


def test_a_batch_takes_what_fits():
    assert [list(batch) for batch in length_batches([2, 9, 2, 2], 6)] == [[1], [0, 2, 3]]


def test_a_budget_below_one_token():
    with pytest.raises(ValueError, match="batch_tokens=0 has to be at least 1"):
        length_batches([1], 0)


def test_rows_are_filled_up_on_the_right():
    rows = padded([np.array([5, 6], dtype=np.int32), [7]], 9)
    assert rows.tolist() == [[5, 6], [7, 9]]
