import pandas as pd
import pytest

from nbutils.video.annotations import describe, gaps, parse_annotations, read_annotations


def test_statistics_of_two_windows(entry):
    made = [
        entry(window=(0, 100.0), clips=[(0, 10), (30, 50), (60, 90)]),
        entry(window=(0, 100.0), clips=[]),
        entry("other", window=(100.0, 400.0), clips=[(100, 160)]),
    ]
    row = describe({"made": parse_annotations(made)}).iloc[0]
    expected = {
        "split": "made",
        "windows": 3,
        "repeated_windows": 1,
        "videos": 2,
        "empty_windows": 1,
        "clips": 4,
        "hours": 500 / 3600,
        "mean_length": 30.0,
        "median_length": 25.0,
        "median_gap": 15.0,
        "coverage": (0.6 + 0 + 0.2) / 3,
        "clips_per_minute": (3 / (100 / 60) + 0 + 1 / 5) / 3,
        "pooled_coverage": 120 / 500,
        "pooled_clips_per_minute": 4 / (500 / 60),
    }
    assert row.to_dict() == pytest.approx(expected)


def test_gaps_stay_within_a_window(entry):
    made = [entry(clips=[(0, 10), (30, 50), (50, 60)]), entry("other", clips=[(5, 10)])]
    expected = pd.DataFrame({"window_id": ["abc@0", "abc@0"], "gap": [20.0, 0.0]})
    pd.testing.assert_frame_equal(gaps(parse_annotations(made)), expected)


def test_real_annotations(shared_data):
    row = describe({"val": read_annotations(shared_data("repurpose_val.json"))}).iloc[0]
    assert (row["windows"], row["clips"], row["videos"], row["repeated_windows"]) == (1121, 11_921, 1092, 2)
    assert row["hours"] == pytest.approx(379, abs=0.5)
    assert row["coverage"] == pytest.approx(0.386, abs=0.002)
    assert row["median_gap"] == pytest.approx(36.7, abs=1)
    assert row["clips_per_minute"] == pytest.approx(0.60, abs=0.01)
    assert row["mean_length"] == pytest.approx(39.4, abs=0.1)
    assert row["median_length"] == pytest.approx(36, abs=0.6)
