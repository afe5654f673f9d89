import pandas as pd
import pytest

from nbutils.video.annotations import (
    leaking_videos,
    parse_annotations,
    pool,
    read_annotations,
    split_by_video,
)
from nbutils.video.errors import VideoError


@pytest.fixture
def splits(entry):
    test = [entry("a"), entry("a", window=(600.0, 900.0), clips=[]), entry("b")]
    val = [entry("a"), entry("c"), entry("b", window=(600.0, 900.0), clips=[(610, 640)])]
    return {"test": parse_annotations(test), "val": parse_annotations(val)}


def test_leaks_are_listed(splits):
    expected = pd.DataFrame(
        [("a", "test", "val", 2, 1, 1), ("b", "test", "val", 1, 1, 0)],
        columns=["video_id", "first", "second", "first_windows", "second_windows", "shared_windows"],
    )
    pd.testing.assert_frame_equal(leaking_videos(splits), expected)


def test_pooled_windows_keep_their_clips(splits):
    pooled = pool(splits)
    assert pooled.windows["window_id"].tolist() == ["a@0", "a@600", "b@0", "a@0#2", "c@0", "b@600"]
    counts = pooled.clips["window_id"].value_counts().reindex(pooled.windows["window_id"], fill_value=0)
    assert counts.tolist() == pooled.windows["clips"].tolist()
    assert pooled.clips.loc[pooled.clips["window_id"] == "b@600", "start"].tolist() == [10.0]


def test_no_video_is_in_two_of_the_new_splits(splits):
    again = split_by_video(pool(splits), {"train": 2 / 3, "held out": 1 / 3})
    assert leaking_videos(again).empty
    assert [part.windows["video_id"].nunique() for part in again.values()] == [2, 1]
    assert sum(len(part.windows) for part in again.values()) == 6
    assert sum(len(part.clips) for part in again.values()) == 9


def test_real_annotations_are_split_by_video(shared_data):
    read = read_annotations(shared_data("repurpose_val.json"))
    first = split_by_video(read, {"a": 0.5, "b": 0.3, "c": 0.2})
    assert leaking_videos(first).empty
    assert [part.windows["video_id"].nunique() for part in first.values()] == [546, 328, 218]
    same, other = (split_by_video(read, {"a": 0.5, "b": 0.3, "c": 0.2}, seed=seed) for seed in (0, 1))
    pd.testing.assert_frame_equal(first["a"].clips, same["a"].clips)
    assert not first["a"].windows.equals(other["a"].windows)


@pytest.mark.parametrize("shares", [{"a": 0.5, "b": 0.4}, {"a": 1.5, "b": -0.5}, {}])
def test_wrong_shares_are_refused(splits, shares):
    with pytest.raises(VideoError, match="must be positive and sum to 1"):
        split_by_video(splits["val"], shares)


def test_a_split_without_a_video_is_refused(splits):
    with pytest.raises(VideoError, match="3 videos leave none for the split 'b'"):
        split_by_video(splits["val"], {"a": 0.9, "b": 0.1})
