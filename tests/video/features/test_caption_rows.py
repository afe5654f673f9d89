import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbutils.video.errors import VideoError
from nbutils.video.features.caption_rows import caption_rows, check_captions


class Lengths:
    """A text becomes its length and one."""

    name, width = "lengths", 2

    def __init__(self):
        self.encoded = []

    def encode(self, texts):
        self.encoded += texts
        return np.array([[len(text), 1] for text in texts], np.float32)


def table(*rows):
    return pd.DataFrame(rows, columns=["start", "end", "text"])


def test_a_second_is_the_mean_of_its_captions_by_their_time_in_it():
    captions = table((0.5, 1.25, "a"), (1.25, 2.0, "bbb"), (3.0, 5.0, "cc"))

    rows = caption_rows(captions, 6, Lengths())

    np.testing.assert_allclose(rows[:, 0], [1, 0.25 * 1 + 0.75 * 3, 0, 2, 2, 0], atol=1e-6)
    np.testing.assert_array_equal(rows[:, 1], [1, 1, 0, 1, 1, 0])


def test_each_text_is_encoded_once_and_those_after_the_end_not_at_all():
    encoder = Lengths()

    caption_rows(table((0, 1, "a"), (1, 2, "a"), (2, 3, "b"), (9, 10, "late")), 3, encoder)

    assert encoder.encoded == ["a", "b"]


def test_captions_after_the_end_leave_zeros():
    np.testing.assert_array_equal(caption_rows(table((9, 10, "late")), 3, Lengths()), np.zeros((3, 2)))


TIMES = st.tuples(st.integers(0, 9000), st.integers(1, 4000), st.sampled_from(["a", "bb", "ccccc"]))


@settings(max_examples=40)
@given(spans=st.lists(TIMES, min_size=1, max_size=6))
def test_against_a_count_of_milliseconds(spans):
    captions = table(*((start / 1000, (start + length) / 1000, text) for start, length, text in spans))
    spoken = [[text for start, length, text in spans if start <= ms < start + length] for ms in range(8000)]

    rows = caption_rows(captions, 8, Lengths())

    for second in range(8):
        heard = [len(text) for ms in spoken[second * 1000 :][:1000] for text in ms]
        assert rows[second, 0] == pytest.approx(np.mean(heard) if heard else 0, rel=1e-5)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ((2.0, 1.0, "b"), "row 1 of the captions is 'b' from 2.0 to 1.0 s"),
        ((-1.0, 1.0, "b"), "row 1"),
        ((float("nan"), 1.0, "b"), "row 1"),
        ((0.0, float("inf"), "b"), "row 1"),
        ((0.0, 1.0, None), "row 1"),
    ],
)
def test_bad_captions_are_named(row, message):
    with pytest.raises(VideoError, match=message):
        check_captions(table((0.0, 1.0, "a"), row))
    with pytest.raises(VideoError, match="no column 'text'"):
        check_captions(table((0.0, 1.0, "a"))[["start", "end"]])
