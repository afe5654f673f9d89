import numpy as np
import pytest

from nbutils.video.errors import VideoError
from nbutils.video.features.features import Features
from nbutils.video.model.config import scorer_config
from nbutils.video.model.inputs import batch_of, rows_between

CONFIG = scorer_config("small", visual=3, audio=2, text=4)


def video(seconds, duration=None, encoders=None, **absent):
    rows = {"visual": 3, "audio": 2, "text": 4}
    arrays = {
        name: np.full((seconds, width), index + 1, dtype=np.float32) + np.arange(seconds, dtype=np.float32)[:, None]
        for index, (name, width) in enumerate(rows.items())
    }
    return Features("v", **(arrays | absent), duration=duration or float(seconds), encoders=encoders or {})


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


def test_features_of_another_encoder_than_that_of_the_training_are_refused():
    config = CONFIG.with_encoders({"visual": "clip", "audio": "panns"})
    with pytest.raises(VideoError, match=r"audio features of 'v' were made by 'mel' where the scorer .* on 'panns': "):
        batch_of([video(3, encoders={"visual": "clip", "audio": "mel"})], config)


@pytest.mark.parametrize("trained_on", [{}, {"visual": "clip", "audio": "panns"}])
@pytest.mark.parametrize("encoders", [{}, {"visual": "clip"}, {"visual": "", "audio": ""}, {"text": "minilm"}])
def test_encoders_that_are_not_known_pass(trained_on, encoders):
    assert batch_of([video(3, encoders=encoders)], CONFIG.with_encoders(trained_on)).present.all()


def test_the_encoder_of_an_absent_modality_does_not_matter():
    batch = batch_of([video(3, audio=None, encoders={"audio": "mel"})], CONFIG.with_encoders({"audio": "panns"}))
    assert batch.present.tolist() == [[True, False, True]]


def test_encoders_known_before_stay():
    config = CONFIG.with_encoders({"visual": "clip", "text": ""}).with_encoders({"visual": "siglip", "text": "minilm"})
    assert config.encoders == {"visual": "clip", "text": "minilm"}


def test_a_video_without_rows_is_refused():
    with pytest.raises(VideoError, match="no rows"):
        batch_of([Features("v", np.zeros((0, 3), dtype=np.float32), None, None, duration=0.0)], CONFIG)


def test_rows_between_keeps_the_end_within_the_last_second():
    part = rows_between(video(10, duration=9.4, text=None), 7, 12)
    assert part.visual[:, 0].tolist() == [8, 9, 10]
    assert part.duration == pytest.approx(2.4)
    assert part.text is None
