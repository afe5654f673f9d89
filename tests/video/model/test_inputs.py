import numpy as np
import pytest

from nbutils.video.errors import VideoError
from nbutils.video.features.features import Features
from nbutils.video.model.config import scorer_config
from nbutils.video.model.inputs import batch_of, rows_between

CONFIG = scorer_config("small", visual=3, audio=2, text=4)


def video(seconds, duration=None, **absent):
    rows = {"visual": 3, "audio": 2, "text": 4}
    arrays = {
        name: np.full((seconds, width), index + 1, dtype=np.float32) + np.arange(seconds, dtype=np.float32)[:, None]
        for index, (name, width) in enumerate(rows.items())
    }
    return Features("v", **(arrays | absent), duration=duration or float(seconds))


def test_shorter_videos_are_padded_and_absent_modalities_marked():
    batch = batch_of([video(4), video(2, audio=None)], CONFIG)
    assert batch.visual.shape == (2, 4, 3)
    assert batch.present.tolist() == [[True, True, True], [True, False, True]]
    assert batch.padding.tolist() == [[False] * 4, [False, False, True, True]]
    assert batch.text[0, :, 0].tolist() == [3, 4, 5, 6]
    assert batch.text[1, :, 0].tolist() == [3, 4, 0, 0]
    assert batch.audio[1].abs().max() == 0


def test_other_columns_than_the_network_takes_are_refused():
    with pytest.raises(VideoError, match=r"text features of 'v' have 5 columns where the scorer takes 4"):
        batch_of([video(3, text=np.zeros((3, 5), dtype=np.float32))], CONFIG)


def test_a_video_without_rows_is_refused():
    with pytest.raises(VideoError, match="no rows"):
        batch_of([Features("v", np.zeros((0, 3), dtype=np.float32), None, None, duration=0.0)], CONFIG)


def test_rows_between_keeps_the_end_within_the_last_second():
    part = rows_between(video(10, duration=9.4, text=None), 7, 12)
    assert part.visual[:, 0].tolist() == [8, 9, 10]
    assert part.duration == pytest.approx(2.4)
    assert part.text is None
