import numpy as np
import pandas as pd
import pytest

from nbutils.video import geometry
from nbutils.video.annotations import parse_annotations, read_annotations

ONE = [
    {"youtube_id": "a", "timeRange": [0, 100.0], "segments": [[0.0, 20.0], [50.0, 70.0]]},
    {"youtube_id": "b", "timeRange": [0, 50.0], "segments": []},
]
OTHER = [
    {"youtube_id": "a", "timeRange": [100, 200.0], "segments": [[110.0, 140.0]]},
    {"youtube_id": "c", "timeRange": [0, 60.0], "segments": [[0.0, 30.0]]},
]


@pytest.fixture
def splits():
    return {"one": parse_annotations(ONE), "other": parse_annotations(OTHER)}


def test_estimates_are_means_over_windows_and_clips(splits):
    found = geometry.estimates(splits, 100, 0).set_index("quantity")

    assert found["value"].to_dict() == pytest.approx(
        {
            "coverage": np.mean([0.4, 0.0, 0.3, 0.5]),
            "clips_per_minute": np.mean([1.2, 0.0, 0.6, 1.0]),
            "mean_length": np.mean([20, 20, 30, 30]),
        }
    )
    assert (found["low"] <= found["value"]).all()
    assert (found["value"] <= found["high"]).all()
    assert found.iloc[0][["n", "videos"]].tolist() == [4, 3]


def test_a_window_that_stands_twice_counts_once(splits):
    alone = geometry.estimates(splits, 100, 0)
    repeated = splits | {"again": splits["one"], "twice": parse_annotations(OTHER + OTHER)}

    pd.testing.assert_frame_equal(geometry.estimates(repeated, 100, 0), alone)


def test_one_video_has_no_interval():
    found = geometry.estimates({"one": parse_annotations(OTHER[1:])}, 100, 0)

    assert found[["low", "high"]].isna().all().all()


def test_nothing_annotated_has_no_estimates():
    assert geometry.estimates({}, 100, 0).empty
    assert geometry.estimates({"one": parse_annotations(ONE[1:])}, 100, 0).empty
    assert geometry.annotation_facts({}).empty
    assert geometry.lengths_and_gaps({}).empty


def test_lengths_and_gaps(splits):
    spans = geometry.lengths_and_gaps(splits)
    seconds = spans.groupby(["split", "quantity"])["seconds"].agg(list)

    assert seconds.to_dict() == {
        ("one", "length"): [20, 20],
        ("one", "gap"): [30],
        ("other", "length"): [30, 30],
    }


def test_videos_of_two_files(splits):
    assert geometry.leaks(splits).to_dict("records") == [
        {"first": "one", "second": "other", "shared_videos": 1, "shared_windows": 0}
    ]
    again = {"x": splits["one"], "y": splits["one"], "z": parse_annotations(OTHER[1:])}
    assert geometry.leaks(again)["shared_videos"].tolist() == [2, 0, 0]
    assert geometry.leaks({"one": splits["one"]}).empty


def test_facts_end_with_the_published_ones(splits):
    facts = geometry.annotation_facts(splits)

    assert facts["split"].tolist() == ["one", "other", geometry.REFERENCE]
    assert facts["coverage"].iloc[-1] == 0.386
    assert pd.isna(facts["windows"].iloc[-1])


def test_the_published_figures_are_those_of_the_released_file(shared_data):
    found = geometry.estimates({"val": read_annotations(shared_data("repurpose_val.json"))}, 100, 0)

    assert found["value"].tolist() == pytest.approx([0.386, 0.60, 39.4], rel=0.01)
