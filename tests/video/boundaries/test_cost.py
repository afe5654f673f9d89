import numpy as np
import pandas as pd
import pytest

from nbutils.video.boundaries import mean_cost, snapping_cost
from nbutils.video.errors import VideoError


@pytest.fixture
def windows():
    return pd.DataFrame({"window_id": ["a", "b"], "video_id": ["a", "b"], "duration": [100.0, 100.0]})


@pytest.fixture
def truth():
    return pd.DataFrame({"window_id": ["a", "b"], "start": [0.0, 50.0], "end": [20.0, 70.0]})


def snapped_of(*rows):
    return pd.DataFrame(rows, columns=["window_id", "start_before", "end_before", "start", "end"]).assign(score=1.0)


def test_overlap_before_and_after(windows, truth):
    cost = snapping_cost(snapped_of(("a", 0, 10, 0, 15), ("b", 50, 70, 45, 70), ("b", 0, 10, 0, 12)), truth, windows)
    assert cost["tiou_before"].tolist() == [0.5, 1.0, 0.0]
    assert cost["tiou_after"].tolist() == [0.75, 0.8, 0.0]
    np.testing.assert_allclose(cost["tiou_change"], [0.25, -0.2, 0.0])


def test_means_have_intervals_over_videos(windows, truth):
    cost = snapping_cost(snapped_of(("a", 0, 10, 0, 15), ("b", 50, 70, 45, 70)), truth, windows)
    table = mean_cost(cost, windows).set_index("measure")
    row = table.loc["tiou_change"]
    assert (row["unit"], row["n"]) == ("videos", 2)
    assert row["value"] == pytest.approx(0.025)
    assert (row["low"], row["high"]) == (pytest.approx(-0.2), pytest.approx(0.25))
    assert table.loc["tiou_after", "value"] == pytest.approx(0.775)


def test_clips_are_drawn_where_there_is_one_video(windows, truth):
    cost = snapping_cost(snapped_of(("a", 0, 10, 0, 15), ("a", 0, 20, 0, 18)), truth, windows)
    assert mean_cost(cost, windows)["unit"].unique().tolist() == ["clips"]
    single = mean_cost(cost.iloc[:1], windows)
    assert single["low"].isna().all()
    assert single["value"].tolist() == [0.5, 0.75, 0.25]


def test_clips_of_unknown_windows_are_refused(windows, truth):
    cost = snapping_cost(snapped_of(("a", 0, 10, 0, 15), ("b", 0, 10, 0, 20)), truth, windows)
    with pytest.raises(VideoError, match="row 1 of the table of snapped clips is in the window 'b', which is not in"):
        mean_cost(cost, windows.iloc[:1])
