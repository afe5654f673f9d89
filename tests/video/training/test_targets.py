import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nbutils.video.training.targets import second_targets

clips_of_a_window = st.lists(
    st.tuples(st.floats(0, 30), st.floats(0.1, 30)).map(lambda clip: (clip[0], clip[0] + clip[1])), max_size=5
)


@given(clips_of_a_window)
def test_each_second_belongs_to_the_shortest_clip_that_holds_its_middle(clips):
    inside, offsets = second_targets(np.array(clips).reshape(-1, 2), 40)
    for second in range(40):
        middle = second + 0.5
        holding = [(end - start, start, end) for start, end in clips if start <= middle < end]
        assert inside[second] == bool(holding)
        if holding:
            length = min(holding)[0]
            assert np.isclose(offsets[second].sum(), length, rtol=1e-5)
            assert (offsets[second] >= 0).all()
        else:
            assert (offsets[second] == 0).all()


def test_known_offsets():
    inside, offsets = second_targets(np.array([[1.25, 3.75]]), 5)
    assert inside.tolist() == [False, True, True, True, False]
    assert offsets[1:4].tolist() == [[0.25, 2.25], [1.25, 1.25], [2.25, 0.25]]


def test_a_clip_between_two_middles_has_no_second():
    assert not second_targets(np.array([[0.6, 1.4]]), 3)[0].any()
