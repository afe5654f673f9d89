import dataclasses

import numpy as np
import pandas as pd
import pytest

from nbutils.video.metrics.windows import window_metrics
from nbutils.video.model.config import scorer_config
from nbutils.video.selection.clips import select_clips
from nbutils.video.selection.scoring import score_video
from nbutils.video.training.data import WindowData
from nbutils.video.training.loop import train_scorer
from nbutils.video.training.recipe import Recipe
from tests.video.training.planted import WIDTHS, planted_videos

SECONDS = 120


def planted(count, seed, config):
    features, windows = planted_videos(count, SECONDS, seed, strength=0.4)
    return WindowData(windows, features.__getitem__, config)


def trained(local_seconds, folder):
    config = scorer_config("small", **WIDTHS, local_seconds=local_seconds)
    recipe = Recipe(epochs=10, batch_size=8, learning_rate=4e-3)
    return train_scorer(config, planted(80, 1, config), planted(8, 2, config), folder, recipe)[0]


def matched_map(model, change=lambda features: features):
    """Mean matched mAP over unseen windows, of clips chosen from changed features."""
    data = planted(24, 3, model.config)
    clips, truth = [], []
    for window in data.windows:
        candidates = score_video(model, change(data.read(window.video_id)))
        clips.append(select_clips(candidates, SECONDS, threshold=0.1, min_length=5).clips)
        truth.append(pd.DataFrame(window.clips, columns=["start", "end"]).assign(window_id=window.video_id))
    windows = pd.DataFrame({"window_id": [window.video_id for window in data.windows]})
    windows = windows.assign(video_id=windows.window_id, duration=float(SECONDS))
    predicted = pd.concat(clips).rename(columns={"video_id": "window_id"})
    table = window_metrics(predicted, pd.concat(truth), windows)
    return table[table.metric == "matched mAP"].value.mean()


def shuffled(features):
    order = np.random.default_rng(0).permutation(features.seconds)
    return dataclasses.replace(features, **{name: getattr(features, name)[order] for name in WIDTHS})


@pytest.mark.slow
def test_local_mixing_finds_clips_that_single_seconds_do_not_tell(tmp_path):
    mixing, alone = trained(9, tmp_path / "mixing"), trained(1, tmp_path / "alone")
    found, found_alone, in_disorder = matched_map(mixing), matched_map(alone), matched_map(mixing, shuffled)
    print(f"matched mAP: {found:.3f} mixed, {found_alone:.3f} without mixing, {in_disorder:.3f} in disorder")
    assert found > found_alone + 0.05
    assert found > in_disorder + 0.1
