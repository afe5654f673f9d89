import pandas as pd
import pytest

from nbutils.video.boundaries import boundary_places
from nbutils.video.errors import VideoError


def sentences(*rows):
    return pd.DataFrame(rows, columns=["start", "end"]).astype(float)


def rows(table):
    return list(table.itertuples(index=False, name=None))


def test_places_are_the_ends_of_sentences_and_cuts_between_them():
    places = boundary_places(sentences((2, 10), (11, 20), (30, 40)), [10.5, 15.0, 25.0, 39.9], 60.0)
    assert rows(places.starts) == [
        (0.0, "video"),
        (2.0, "sentence"),
        (10.5, "sentence and cut"),
        (11.0, "sentence"),
        (25.0, "cut"),
        (30.0, "sentence"),
        (39.9, "cut"),
    ]
    assert rows(places.ends) == [
        (10.0, "sentence"),
        (10.5, "sentence and cut"),
        (20.0, "sentence"),
        (25.0, "cut"),
        (39.9, "sentence and cut"),
        (40.0, "sentence"),
        (60.0, "video"),
    ]


def test_a_cut_within_a_sentence_is_no_place():
    places = boundary_places(sentences((2, 10)), [5.0], 20.0)
    assert 5.0 not in places.starts["time"].tolist() + places.ends["time"].tolist()


def test_every_cut_is_a_place_where_nobody_speaks():
    for silent in (None, sentences()):
        places = boundary_places(silent, [7.0, 3.0], 20.0)
        assert rows(places.starts) == [(0.0, "video"), (3.0, "cut"), (7.0, "cut")]
        assert rows(places.ends) == [(3.0, "cut"), (7.0, "cut"), (20.0, "video")]


def test_overlapping_sentences_have_no_pause_between_them():
    places = boundary_places(sentences((0, 10), (5, 12), (11.9, 20)), None, 20.0)
    assert rows(places.ends) == [(12.0, "sentence"), (20.0, "sentence")]
    assert rows(places.starts) == [(0.0, "sentence"), (11.9, "sentence")]


def test_places_outside_the_video_are_left_out():
    places = boundary_places(sentences((2, 10), (18, 25)), [30.0], 20.0)
    assert rows(places.ends) == [(10.0, "sentence"), (20.0, "video")]
    assert rows(places.starts) == [(0.0, "video"), (2.0, "sentence"), (18.0, "sentence")]


@pytest.mark.parametrize("duration", [0.0, -1.0, float("nan"), float("inf")])
def test_videos_without_a_duration_are_refused(duration):
    with pytest.raises(VideoError, match="has no place for a clip: give its duration"):
        boundary_places(None, None, duration)


def test_cuts_without_a_time_are_refused():
    with pytest.raises(VideoError, match="a cut between shots has no time"):
        boundary_places(sentences((2, 10)), [3.0, float("nan")], 20.0)
