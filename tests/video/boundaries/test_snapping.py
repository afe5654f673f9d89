import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbutils.video.boundaries import Places, boundary_places, snap_clips
from nbutils.video.errors import VideoError


def clips_of(*rows):
    return pd.DataFrame(rows, columns=["start", "end", "score"]).astype(float).assign(video_id="abc")


def sentences(*rows):
    return pd.DataFrame(rows, columns=["start", "end"]).astype(float)


def places_at(starts, ends):
    tables = [pd.DataFrame({"time": np.asarray(times, dtype=float), "on": "sentence"}) for times in (starts, ends)]
    return Places(*tables)


def spans(table):
    return list(zip(table["start"], table["end"], strict=True))


def test_clips_go_to_sentences_and_to_the_cuts_between_them():
    places = boundary_places(sentences((0, 9), (10, 29.6), (31, 50)), [9.6, 20.0, 30.0], 60.0)
    snapped, rejected = snap_clips(clips_of((9, 28.5, 0.9), (33, 48, 0.8)), places)
    assert rejected.empty
    assert spans(snapped) == [(9.6, 30.0), (31.0, 50.0)]
    assert snapped["start_on"].tolist() == ["sentence and cut", "sentence"]
    assert snapped["end_on"].tolist() == ["sentence and cut", "sentence"]
    assert snapped[["start_before", "end_before"]].to_numpy().tolist() == [[9, 28.5], [33, 48]]


def test_ends_without_a_place_stay():
    snapped, _ = snap_clips(clips_of((20, 40, 0.9)), places_at([18], [50]))
    assert spans(snapped) == [(18.0, 40.0)]
    assert snapped["start_on"].tolist() == ["sentence"]
    assert snapped["end_on"].tolist() == [""]


def test_the_better_clip_goes_first():
    clips = clips_of((10, 30, 0.5), (28, 50, 0.9))
    snapped, rejected = snap_clips(clips, places_at([10, 28], [27, 31, 50]))
    assert spans(snapped) == [(10, 27), (28, 50)]
    assert rejected.empty


def test_a_clip_that_overlaps_wherever_it_goes_is_rejected():
    clips = clips_of((10, 40, 0.5), (28, 50, 0.9))
    snapped, rejected = snap_clips(clips, places_at([28], [50]))
    assert spans(snapped) == [(28, 50)]
    assert rejected["reason"].tolist() == ["overlaps the better clip at 28.0-50.0 s"]
    pd.testing.assert_frame_equal(rejected.drop(columns="reason"), clips.iloc[:1])


@pytest.mark.parametrize(("span", "places"), [((10, 15), ([9], [16])), ((0, 100), ([2], [98]))])
def test_a_clip_that_cannot_get_the_right_length_is_rejected(span, places):
    snapped, rejected = snap_clips(clips_of((*span, 0.9)), places_at(*places))
    assert snapped.empty
    assert rejected["reason"].tolist() == ["no ends within 3 s make it 10 to 90 s long"]


def test_a_place_that_makes_the_length_right_is_taken():
    snapped, _ = snap_clips(clips_of((10, 19, 0.9)), places_at([10], [19, 20.5]))
    assert spans(snapped) == [(10, 20.5)]


def test_no_clips_give_empty_tables():
    snapped, rejected = snap_clips(clips_of(), places_at([], []))
    assert snapped.empty
    assert rejected.empty
    assert {"start_before", "end_on"} <= set(snapped)
    assert "reason" in rejected


quarter_seconds = st.integers(0, 400).map(lambda number: number / 4)
some_clips = st.lists(st.tuples(quarter_seconds, quarter_seconds, st.integers(0, 3)), max_size=8)


@given(some_clips, st.lists(quarter_seconds, max_size=15), st.lists(quarter_seconds, max_size=15))
def test_what_is_promised(rows, starts, ends):
    clips = clips_of(*((min(a, b), max(a, b), score) for a, b, score in rows)).assign(name=range(len(rows)))
    places = places_at(sorted(set(starts)), sorted(set(ends)))
    snapped, rejected = snap_clips(clips, places, tolerance=2, min_length=5, max_length=40)

    assert sorted([*snapped["name"], *rejected["name"]]) == list(range(len(rows)))
    assert ((snapped["end"] - snapped["start"]).between(5 - 1e-9, 40 + 1e-9)).all()
    in_time = snapped.sort_values("start")
    assert (in_time["start"].iloc[1:].to_numpy() >= in_time["end"].iloc[:-1].to_numpy()).all()
    for side, times in (("start", starts), ("end", ends)):
        moved = (snapped[side] - snapped[f"{side}_before"]).abs()
        assert (moved <= 2).all()
        assert snapped.loc[snapped[f"{side}_on"] != "", side].isin(times).all()
        assert (moved[snapped[f"{side}_on"] == ""] == 0).all()


@given(quarter_seconds, quarter_seconds, st.lists(quarter_seconds, max_size=8), st.lists(quarter_seconds, max_size=8))
def test_no_pair_of_places_is_nearer(a, b, starts, ends):
    start, end = min(a, b), max(a, b)
    snapped, _ = snap_clips(clips_of((start, end, 0.5)), places_at(sorted(set(starts)), sorted(set(ends))), tolerance=4)
    near_starts = [time for time in starts if abs(time - start) <= 4]
    near_ends = [time for time in ends if abs(time - end) <= 4]
    moves = [
        abs(first - start) + abs(last - end)
        for first, last in itertools.product(near_starts, near_ends)
        if 10 <= last - first <= 90
    ]
    if moves:
        row = snapped.iloc[0]
        assert abs(row["start"] - start) + abs(row["end"] - end) == pytest.approx(min(moves))


@pytest.mark.parametrize("limits", [{"tolerance": -1}, {"min_length": 50, "max_length": 40}])
def test_limits_out_of_order_are_refused(limits):
    with pytest.raises(VideoError, match="clips cannot be snapped within"):
        snap_clips(clips_of((0, 20, 0.9)), places_at([], []), **limits)


def test_clips_of_several_videos_are_refused():
    with pytest.raises(VideoError, match="snap those of one video at a time"):
        snap_clips(clips_of((9, 28, 0.9), (33, 48, 0.8)).assign(video_id=["a", "b"]), places_at([9], [50]))
