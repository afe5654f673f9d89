import numpy as np
import pandas as pd
import pytest

from nbutils.video.annotations import read_annotations
from nbutils.video.errors import VideoError
from nbutils.video.metrics import (
    RELEASED_TIOUS,
    anchors,
    capped_oracle,
    evaluate,
    random_clips,
    random_places,
    released_cap,
    repeated_oracle,
    tiling,
)


def test_the_cap_of_the_released_code():
    assert released_cap([59.9, 60, 239, 240, 600, 1800, 1859]).tolist() == [0, 1, 1, 2, 3, 9, 9]


def test_tiles_lie_side_by_side(windows_of_durations):
    tiles = tiling(windows_of_durations({"a": 100.0, "b": 20.0}), length=30.0)
    expected = [("a", 0, 30), ("a", 30, 60), ("a", 60, 90), ("b", 0, 20)]
    assert list(tiles[["window_id", "start", "end"]].itertuples(index=False, name=None)) == expected


def test_random_clips_stay_inside_and_follow_the_seed(windows_of_durations):
    windows = windows_of_durations({"a": 1800.0, "b": 61.0, "c": 30.0})
    clips = random_clips(windows, length=70.0)
    assert clips["window_id"].value_counts().to_dict() == {"a": 9, "b": 1}
    assert (clips["start"] >= 0).all()
    assert (clips["end"] <= clips["window_id"].map({"a": 1800.0, "b": 61.0})).all()
    pd.testing.assert_frame_equal(clips, random_clips(windows, length=70.0))
    assert not clips.equals(random_clips(windows, length=70.0, seed=1))


def test_capped_and_repeating_oracles_obey_the_cap(clips_of, windows_of_durations):
    windows = windows_of_durations({"a": 240.0, "b": 59.0})
    truth = pd.concat([clips_of([(80, 90), (0, 10), (30, 40)], "a"), clips_of([(0, 10)], "b")])
    assert capped_oracle(truth, windows)["start"].tolist() == [0, 30]
    assert repeated_oracle(truth, windows)["start"].tolist() == [0, 0]


def test_clips_that_know_nothing_are_as_long_as_the_annotated_ones_too(clips_of, windows_of_durations):
    windows = windows_of_durations({"a": 240.0})
    levels = anchors(clips_of([(0, 10), (20, 32), (40, 50)], "a"), windows)
    assert [name for name in levels if "oracle" not in name] == [
        "random 10 s",
        "random 36 s",
        "tiling 10 s",
        "tiling 36 s",
    ]
    assert len(levels["tiling 10 s"]) == 24
    as_in_the_paper = anchors(clips_of([(0, 36.4)], "a"), windows)
    assert [name for name in as_in_the_paper if "oracle" not in name] == ["random 36 s", "tiling 36 s"]


def test_windows_without_annotated_clips_get_no_oracle(clips_of, windows_of_durations):
    windows = windows_of_durations({"a": 240.0, "b": 240.0})
    levels = anchors(clips_of([(0, 10)], "a"), windows)
    assert set(levels["capped oracle"]["window_id"]) == {"a"}
    assert set(levels["tiling 36 s"]["window_id"]) == {"a", "b"}


# Of the test split, tIoU .5 to .9: the released metric, matched AP and AR in percent. The validation split is near.
PUBLISHED = {
    "random 36 s": (8.7, 2.7, 4.6),
    "tiling 36 s": (9.6, 9.7, 25.4),
    "oracle repeating one clip": (99.2, 14.8, 14.8),
    "capped oracle": (99.2, 61.7, 61.7),
    "full oracle": (100, 100, 100),
}


@pytest.mark.slow
def test_anchors_of_real_annotations_are_near_those_of_the_test_split(shared_data):
    annotations = read_annotations(shared_data("repurpose_val.json"))

    table = evaluate({}, annotations.clips, annotations.windows, thresholds=RELEASED_TIOUS, resamples=20)

    means = table[table["tiou"].isna()].pivot(index="predictor", columns="metric", values="value") * 100
    found = means[["mean best-match precision", "matched mAP", "AR"]]
    np.testing.assert_allclose(found.loc[list(PUBLISHED)], list(PUBLISHED.values()), atol=0.8)


@pytest.mark.parametrize("anchor", [random_clips, tiling])
@pytest.mark.parametrize("length", [0.0, -1.0, float("nan")])
def test_clips_without_length_are_refused(windows_of_durations, anchor, length):
    with pytest.raises(VideoError, match="choose a length above 0 s"):
        anchor(windows_of_durations({"a": 100.0}), length)


@pytest.mark.parametrize("oracle", [capped_oracle, repeated_oracle])
def test_annotated_clips_of_unknown_windows_are_refused(clips_of, windows_of_durations, oracle):
    with pytest.raises(VideoError, match="row 0 of the table of annotated clips is in the window 'z', which is not in"):
        oracle(clips_of([(0, 10)], "z"), windows_of_durations({"a": 100.0}))


def test_clips_at_random_places_keep_window_length_and_score(clips_of, windows_of_durations):
    windows = windows_of_durations({"a": 240.0, "b": 30.0})
    clips = pd.concat([clips_of([(0, 10), (100, 160)], "a"), clips_of([(0, 30)], "b")], ignore_index=True).assign(
        score=[0.9, 0.5, 0.7]
    )
    moved = random_places(clips, windows)
    assert (moved["end"] - moved["start"]).to_numpy() == pytest.approx([10, 60, 30])
    assert moved[["window_id", "score"]].equals(clips[["window_id", "score"]])
    assert moved["start"].iloc[2] == 0
    assert (moved["start"] >= 0).all()
    assert (moved["end"] <= moved["window_id"].map({"a": 240.0, "b": 30.0})).all()
    assert not moved.equals(random_places(clips, windows, seed=1))
