import json
import shutil

import numpy as np
import pytest

from nbutils.video import VideoError, embedded, measured_on, video_data
from nbutils.video.features import Features, write_features
from nbutils.video.given import SIMULATION
from nbutils.video.model import ClipScorer, save_checkpoint, scorer_config


def annotated(path, video_id, clips=((5.0, 20.0),)):
    entries = [{"youtube_id": video_id, "timeRange": [0, 60.0], "segments": [list(clip) for clip in clips]}]
    path.write_text(json.dumps(entries))
    return str(path)


def rows(width, seconds=60):
    return np.random.default_rng(0).standard_normal((seconds, width)).astype(np.float32)


@pytest.fixture
def clip(tmp_path):
    """The real clip of five seconds under a name of its own."""
    return str(shutil.copy(embedded.real_clip(), tmp_path / "A title [abc-1].mp4"))


def test_by_default_all_is_simulated(given):
    assert given.shown.data == given.windows.data == measured_on(given) == SIMULATION
    assert list(given.splits) == [SIMULATION]
    assert len(given.shown.truth) > 0
    assert len(given.ablations) > 0


def test_a_video_alone_has_nothing_to_be_measured_on(clip):
    data = video_data(video=clip, device="cpu")

    assert (data.windows, data.splits, data.shown.annotated) == (None, {}, False)
    assert data.shown.features.video_id == "abc-1"
    assert data.shown.features.text is None
    assert measured_on(data) == data.shown.data == "A title [abc-1].mp4"
    assert data.ablations.empty


def test_a_video_with_its_annotations_is_what_is_measured_on(clip, tmp_path):
    path = tmp_path / "val.json"
    entries = [
        {"youtube_id": "abc-1", "timeRange": [1, 5.0], "segments": [[2.0, 4.0]]},
        {"youtube_id": "other", "timeRange": [0, 60.0], "segments": [[2.0, 4.0]]},
    ]
    path.write_text(json.dumps(entries))

    data = video_data(video=clip, annotations=str(path), device="cpu")

    assert data.shown.truth.to_numpy().tolist() == [[2.0, 4.0]]
    assert list(data.windows.annotations.windows["video_id"]) == ["abc-1"]
    assert data.windows.read("abc-1") is data.shown.features


def test_annotations_of_other_videos_are_refused(clip, tmp_path):
    with pytest.raises(VideoError, match=r"no window of the video 'abc-1' \(they begin with 'other'\): name the file"):
        video_data(video=clip, annotations=annotated(tmp_path / "val.json", "other"), device="cpu")


def test_annotations_alone_are_measured_without_features(tmp_path):
    data = video_data(annotations=annotated(tmp_path / "val.json", "other"), device="cpu")

    assert (data.shown.data, data.windows.data, data.windows.read) == (SIMULATION, "val", None)


def test_features_are_shown_and_measured_on(tmp_path):
    write_features(Features("one", rows(128), rows(136), None, 60.0), tmp_path / "features")

    data = video_data(
        features=str(tmp_path / "features"), annotations=annotated(tmp_path / "val.json", "one"), device="cpu"
    )

    assert (data.shown.data, data.shown.file, data.windows.data) == ("one", None, "val")
    assert data.shown.truth.to_numpy().tolist() == [[5.0, 20.0]]
    assert data.windows.read("one").seconds == 60


def test_features_of_another_encoder_are_refused_with_the_way_out(tmp_path):
    write_features(Features("one", rows(512), None, None, 60.0), tmp_path / "features")

    with pytest.raises(VideoError, match=r"512 columns where the scorer takes 128.*python -m nbutils\.video\.training"):
        video_data(
            features=str(tmp_path / "features"), annotations=annotated(tmp_path / "val.json", "one"), device="cpu"
        )


def test_a_scorer_that_cannot_take_the_generated_film_is_refused_with_the_way_out(tmp_path):
    save_checkpoint(ClipScorer(scorer_config("small")), tmp_path)
    with pytest.raises(VideoError, match=r"does not take features of the generated film.*: give features, or a video"):
        video_data(scorer=str(tmp_path), device="cpu")


def test_two_files_of_one_name_are_refused(tmp_path):
    (tmp_path / "a").mkdir()
    first, second = (annotated(folder / "val.json", "one") for folder in (tmp_path, tmp_path / "a"))

    with pytest.raises(VideoError, match="two files of annotations are called 'val'"):
        video_data(annotations=f"{first},{second}", device="cpu")
