import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbutils.video.encoders.windows import WindowRows


class SeesAll:
    """Its row is the window itself."""

    name = "sees all"

    def __init__(self, before, after):
        self.before, self.after, self.width = before, after, before + 1 + after

    def encode(self, windows):
        return windows[..., 0]


@given(seconds=st.integers(1, 150), before=st.integers(0, 5), after=st.integers(0, 5))
def test_every_second_is_seen_with_its_neighbours(seconds, before, after):
    repeated, silent = WindowRows(SeesAll(before, after), np.asarray), WindowRows(SeesAll(before, after), np.zeros_like)
    for second in range(seconds):
        repeated.add(np.array([second + 1.0]))
        silent.add(np.array([second + 1.0]))

    seen = np.arange(seconds)[:, None] + np.arange(-before, after + 1)
    inside = (seen >= 0) & (seen < seconds)
    np.testing.assert_array_equal(repeated.finish(), np.clip(seen, 0, seconds - 1) + 1)
    np.testing.assert_array_equal(silent.finish(), np.where(inside, seen + 1, 0))


def test_no_seconds_give_no_rows():
    assert WindowRows(SeesAll(1, 2), np.asarray).finish().shape == (0, 4)


@pytest.mark.parametrize("seconds", [40, 400])
def test_few_seconds_are_held(seconds):
    rows, held = WindowRows(SeesAll(4, 5), np.asarray), 0
    for second in range(seconds):
        rows.add(np.array([float(second)]))
        held = max(held, len(rows._held))

    assert held <= 32 + 9
