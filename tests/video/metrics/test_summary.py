import numpy as np
import pandas as pd
import pytest

from nbutils.video.errors import VideoError
from nbutils.video.metrics import summarise


def long_table(values, window_ids):
    return pd.DataFrame({"window_id": window_ids, "metric": "m", "tiou": np.nan, "value": values})


def windows_in(videos):
    ids = [f"w{i}" for i in range(len(videos))]
    return pd.DataFrame({"window_id": ids, "video_id": videos, "duration": 10.0})


def test_mean_leaves_out_windows_without_a_value():
    windows = windows_in(["a", "b", "c"])
    row = summarise(long_table([0.2, np.nan, 0.6], windows["window_id"]), windows).iloc[0]
    assert row["value"] == pytest.approx(0.4)
    assert row["n"] == 2


def test_interval_is_that_of_drawing_videos():
    random = np.random.default_rng(0)
    videos = np.repeat(np.arange(30), random.integers(1, 4, 30))
    values = random.uniform(0, 1, 30)[videos] + 0.05 * random.standard_normal(len(videos))
    windows = windows_in(videos)
    row = summarise(long_table(values, windows["window_id"]), windows, resamples=4000).iloc[0]

    means = []
    for _ in range(4000):
        drawn = random.integers(0, 30, 30)
        means.append(np.concatenate([values[videos == video] for video in drawn]).mean())
    np.testing.assert_allclose([row["low"], row["high"]], np.quantile(means, [0.025, 0.975]), atol=0.015)


def test_one_video_has_no_interval():
    windows = windows_in(["a", "a"])
    row = summarise(long_table([0.2, 0.4], windows["window_id"]), windows).iloc[0]
    assert np.isnan([row["low"], row["high"]]).all()
    assert row["value"] == pytest.approx(0.3)


def test_no_value_at_all_gives_none():
    windows = windows_in(["a", "b"])
    row = summarise(long_table([np.nan, np.nan], windows["window_id"]), windows).iloc[0]
    assert np.isnan([row["value"], row["low"], row["high"]]).all()
    assert row["n"] == 0


def test_other_windows_are_refused():
    windows = windows_in(["a", "b"])
    with pytest.raises(VideoError, match="other windows"):
        summarise(long_table([0.1, 0.2], ["w1", "w0"]), windows)


@pytest.mark.slow
def test_intervals_cover_the_true_mean():
    """Skewed values of 60 windows in 50 videos; the percentile interval should cover nearly 95 % of the time."""
    random = np.random.default_rng(1)
    videos = np.concatenate([np.arange(50), np.arange(10)])
    windows, covered = windows_in(videos), 0
    for seed in range(400):
        values = random.beta(0.5, 1.5, 50)[videos]
        row = summarise(long_table(values, windows["window_id"]), windows, resamples=400, seed=seed).iloc[0]
        covered += row["low"] <= 0.25 <= row["high"]
    assert 0.91 <= covered / 400 <= 0.98
