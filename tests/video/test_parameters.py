import pydantic
import pytest

from nbutils.video.parameters import ClipScoring, encoder_names, files_in

DEFAULTS = {
    "video": "",
    "captions": "",
    "annotations": "",
    "features": "",
    "scorer": "",
    "encoders": "",
    "threshold": 0.5,
    "min_length": 10.0,
    "max_length": 90.0,
    "clips_per_minute": 0.0,
    "snap_seconds": 3.0,
    "device": "auto",
    "resamples": 1000,
    "seed": 0,
    "output_dir": "",
}


@pytest.fixture
def files(tmp_path):
    for name in ("film.mp4", "film.srt", "val.json", "test.json"):
        (tmp_path / name).write_text("")
    return tmp_path


def test_nothing_given_is_the_generated_film():
    nothing = dict.fromkeys(("video", "captions", "annotations", "features", "scorer", "encoders"))

    assert ClipScoring(**DEFAULTS | nothing) == ClipScoring(**DEFAULTS)


def test_what_is_there_is_taken(files):
    given = {
        "video": str(files / "film.mp4"),
        "captions": str(files / "film.srt"),
        "annotations": f"{files / 'val.json'}, {files / 'test.json'}",
    }

    parameters = ClipScoring(**DEFAULTS | given)

    assert files_in(parameters.annotations) == [files / "val.json", files / "test.json"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"video": "no.mp4"}, "there is no such file"),
        ({"annotations": "no.json"}, "there is no file 'no.json'"),
        ({"features": "no"}, "there is no such folder"),
        ({"captions": "film.srt"}, "captions go with a video"),
        ({"features": "."}, "give annotations too"),
        ({"video": "film.mp4", "features": ".", "annotations": "val.json"}, "not both"),
        ({"encoders": "clip,,"}, "encoders are for a video of yours"),
        ({"video": "film.mp4", "encoders": "clip"}, "name a visual, an audio and a text encoder"),
        ({"annotations": "val.json", "scorer": "."}, "give features, or a video with encoders"),
        ({"min_length": 30.0, "max_length": 20.0}, "min_length 30 is above max_length 20"),
        ({"threshold": 0.0}, "greater than 0"),
        ({"clips_per_minute": -1.0}, "greater than or equal to 0"),
        ({"device": "gpu"}, "devices are auto"),
        ({"resamples": 10}, "greater than or equal to 40"),
        ({"unknown": 1}, "Extra inputs"),
    ],
)
def test_what_cannot_be_is_refused(files, monkeypatch, changes, sentence):
    monkeypatch.chdir(files)

    with pytest.raises(pydantic.ValidationError, match=sentence):
        ClipScoring(**DEFAULTS | changes)


def test_a_scorer_with_what_it_can_be_held_against(files):
    scorer, annotations = {"scorer": str(files)}, {"annotations": str(files / "val.json")}
    for others in ({}, annotations | {"features": str(files)}, annotations | {"video": str(files / "film.mp4")}):
        assert ClipScoring(**DEFAULTS | scorer | others).scorer


def test_encoders_that_are_left_blank_are_the_default_ones():
    assert encoder_names("") == {}
    assert encoder_names("a/clip, ,b") == {"visual": "a/clip", "text": "b"}
