import numpy as np
import pandas as pd
import pytest

from nbutils.video.annotations.tables import Annotations
from nbutils.video.errors import VideoError
from nbutils.video.features.features import Features
from nbutils.video.features.folder import write_features
from nbutils.video.model.config import scorer_config
from nbutils.video.training.data import Window, WindowData, collate, folder_data

CONFIG = scorer_config("small", visual=3, audio=2, text=4)


def video(name, seconds, width=3):
    visual = np.repeat(np.arange(seconds, dtype=np.float32)[:, None], width, axis=1)
    return Features(name, visual, None, None, duration=float(seconds))


def annotations():
    windows = pd.DataFrame(
        {
            "window_id": ["a@0", "a@20", "b@0"],
            "video_id": ["a", "a", "b"],
            "window_start": [0.0, 20.0, 0.0],
            "window_end": [20.0, 32.0, 10.0],
        }
    )
    clips = pd.DataFrame({"window_id": ["a@20", "a@0", "a@20"], "start": [1.0, 5.0, 8.0], "end": [4.0, 9.0, 11.0]})
    return Annotations(windows, clips)


@pytest.fixture
def folder(tmp_path):
    for name, seconds in (("a", 32), ("b", 10)):
        write_features(video(name, seconds), tmp_path)
    return tmp_path


def test_windows_read_their_rows_and_clips_from_a_folder(folder):
    data = folder_data(folder, annotations(), CONFIG)
    assert len(data) == 3
    assert data.video_ids() == {"a", "b"}
    second = data[1]
    assert second.features.visual[:, 0].tolist() == list(range(20, 32))
    assert np.flatnonzero(second.inside).tolist() == [1, 2, 3, 8, 9, 10]
    assert second.offsets[8].tolist() == [0.5, 2.5]
    assert not data[2].inside.any()


def test_batches_pad_features_and_targets_alike(folder):
    data = folder_data(folder, annotations(), CONFIG)
    batch, targets = collate([data[0], data[2]], CONFIG)
    assert batch.padding.sum(1).tolist() == [0, 10]
    assert targets.inside.sum(1).tolist() == [4, 0]
    assert targets.offsets.shape == (2, 20, 2)


def test_videos_without_features_are_named_before_training(folder):
    (folder / "visual" / "b.npy").unlink()
    with pytest.raises(VideoError, match=r"1 of 2 annotated videos.*first 'b'"):
        folder_data(folder, annotations(), CONFIG)


def test_windows_that_begin_within_a_second_keep_their_clips_in_place():
    data = WindowData([Window("a", 10.5, 20.0, np.array([[1.0, 3.0]]))], lambda name: video(name, 20), CONFIG)
    example = data[0]
    assert example.features.visual[:, 0].tolist() == list(range(10, 20))
    assert np.flatnonzero(example.inside).tolist() == [1, 2]
    assert example.offsets[1].tolist() == [0.0, 2.0]


@pytest.mark.parametrize(("seconds", "fits"), [(30, True), (25, True), (24, False)])
def test_features_may_end_a_little_before_their_window(seconds, fits):
    data = WindowData([Window("a", 0.0, 30.0, np.empty((0, 2)))], lambda name: video(name, seconds), CONFIG)
    if fits:
        assert len(data[0].inside) == seconds
    else:
        with pytest.raises(VideoError, match=r"'a' have 24 rows where its annotated window ends at 30 s"):
            data[0]


def test_features_of_another_encoder_are_refused():
    data = WindowData([Window("a", 0.0, 9.0, np.empty((0, 2)))], lambda name: video(name, 9, width=7), CONFIG)
    with pytest.raises(VideoError, match="7 columns where the scorer takes 3"):
        data[0]


def test_no_windows_are_refused():
    with pytest.raises(VideoError, match="no window"):
        WindowData([], video, CONFIG)
