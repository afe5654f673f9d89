import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbutils.video.errors import VideoError
from nbutils.video.selection.clips import select_clips


def table(*rows):
    frame = pd.DataFrame(rows, columns=["start", "end", "score", "second"])
    frame.insert(0, "video_id", "v")
    return frame


CANDIDATES = table(
    (10, 40, 0.9, 20),
    (12, 42, 0.8, 22),
    (100, 130, 0.7, 110),
    (200, 230, 0.6, 210),
    (300, 305, 0.95, 302),
    (400, 500, 0.95, 450),
    (520, 550, 0.3, 530),
)


def test_each_candidate_is_a_clip_or_has_a_reason():
    clips, rejected = select_clips(CANDIDATES, 600)
    assert clips["second"].tolist() == [20, 110, 210]
    assert clips["rank"].tolist() == [1, 2, 3]
    assert dict(zip(rejected["second"], rejected["reason"], strict=True)) == {
        22: "overlaps clip 1",
        302: "shorter than 10 s",
        450: "longer than 90 s",
        530: "score below 0.5",
    }


def test_density_limits_the_number_and_is_named():
    clips, rejected = select_clips(CANDIDATES, 600, per_minute=0.2)
    assert clips["second"].tolist() == [20, 110]
    assert rejected.set_index("second")["reason"][210] == "beyond 0.2 clips a minute"
    assert rejected.set_index("second")["reason"][22] == "overlaps clip 1"


def test_short_videos_may_have_a_clip():
    assert len(select_clips(CANDIDATES[:1], 45, per_minute=0.3).clips) == 1


def test_there_is_no_limit_where_none_is_given():
    many = table(*((start, start + 10, 0.9, start) for start in range(0, 20_000, 10)))
    assert len(select_clips(many, 20_010).clips) == 2000


def test_the_score_of_a_clip_is_after_the_decay_and_its_own_is_kept():
    clips = select_clips(CANDIDATES[:2], 600, threshold=0.0).clips
    iou = 28 / 32
    np.testing.assert_allclose(clips["score"], [0.9, 0.8 * np.exp(-(iou**2) / 0.5)])
    assert clips["probability"].tolist() == [0.9, 0.8]


def test_the_tables_have_the_documented_columns_also_without_candidates():
    for candidates in (CANDIDATES, CANDIDATES[:0]):
        clips, rejected = select_clips(candidates, 600)
        assert list(clips) == ["video_id", "start", "end", "score", "second", "probability", "rank"]
        assert list(rejected) == ["video_id", "start", "end", "score", "second", "probability", "reason"]


candidate = st.tuples(st.integers(0, 30), st.integers(0, 60), st.integers(0, 10))


@given(st.lists(candidate, min_size=1, max_size=15), st.randoms(use_true_random=False))
def test_nothing_is_lost_and_the_order_does_not_matter(drawn, random):
    rows = [(float(s), float(s + n), p / 10, second) for second, (s, n, p) in enumerate(drawn)]
    candidates = table(*rows)
    before = candidates.copy()
    clips, rejected = select_clips(candidates, 90, threshold=0.3, max_length=50, per_minute=2)
    pd.testing.assert_frame_equal(candidates, before)
    assert sorted([*clips["second"], *rejected["second"]]) == list(range(len(rows)))
    assert len(clips) <= 3
    assert (clips["score"] >= 0.3).all()
    assert (clips["end"] - clips["start"]).between(10, 50).all()
    assert clips["score"].is_monotonic_decreasing
    random.shuffle(rows)
    again = select_clips(table(*rows), 90, threshold=0.3, max_length=50, per_minute=2)
    pd.testing.assert_frame_equal(again.clips, clips)
    pd.testing.assert_frame_equal(again.rejected, rejected)


@pytest.mark.parametrize(
    "changes",
    [{"threshold": 1.5}, {"min_length": 50, "max_length": 20}, {"sigma": 0.0}, {"per_minute": 0.0}, {"duration": 0.0}],
)
def test_parameters_out_of_range_are_refused(changes):
    with pytest.raises(VideoError, match=r"choose"):
        select_clips(CANDIDATES, **({"duration": 600} | changes))


def test_malformed_candidates_are_refused():
    with pytest.raises(VideoError, match="second 7 goes from 9 to 3 s"):
        select_clips(table((9.0, 3.0, 0.5, 7)), 600)
    with pytest.raises(VideoError, match="one video at a time"):
        select_clips(CANDIDATES.assign(video_id=[*"aaabbbb"]), 600)
