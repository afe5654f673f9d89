import json
from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest

from nbutils.video.errors import VideoError
from nbutils.video.features import Features, read_features, write_features


def make_features(rows=4, audio=True):
    rng = np.random.default_rng(0)
    return Features(
        "film",
        rng.random((rows, 3), np.float32),
        rng.random((rows, 2), np.float32) if audio else None,
        rng.random((rows, 5), np.float32),
        rows - 0.25,
        pd.DataFrame({"start": [0.0, 0.1], "end": [1.0, 1 / 3], "text": ["é", "b"]}),
        {"visual": "eyes 1", "text": "words 2"} | ({"audio": "ears 1"} if audio else {}),
        ("a note",),
    )


def save(folder, **arrays):
    for name, array in arrays.items():
        (folder / name).mkdir(exist_ok=True)
        np.save(folder / name / "film.npy", array)


def assert_same(first, second):
    for field in fields(Features):
        ours, theirs = getattr(first, field.name), getattr(second, field.name)
        if isinstance(theirs, np.ndarray):
            np.testing.assert_array_equal(ours, theirs)
        elif isinstance(theirs, pd.DataFrame):
            pd.testing.assert_frame_equal(ours, theirs.sort_values(["start", "end"], ignore_index=True))
        else:
            assert ours == theirs


@pytest.mark.parametrize("audio", [True, False])
def test_what_is_written_is_read_again(tmp_path, audio):
    features = make_features(audio=audio)

    write_features(features, tmp_path / "new" / "folder")

    assert_same(read_features(tmp_path / "new" / "folder", "film"), features)
    assert not list(tmp_path.rglob("*.unfinished"))


def test_what_is_written_takes_the_place_of_what_was_there(tmp_path):
    write_features(make_features(), tmp_path)
    write_features(make_features(rows=2, audio=False), tmp_path)

    assert not (tmp_path / "audio" / "film.npy").exists()
    assert_same(read_features(tmp_path, "film"), make_features(rows=2, audio=False))


def test_a_folder_of_repurpose_10k(tmp_path):
    save(tmp_path, visual=np.ones((6, 512), np.float16), text=np.ones((6, 384)))

    features = read_features(tmp_path, "film")

    assert (features.visual.dtype, features.visual.shape, features.text.shape) == (np.float32, (6, 512), (6, 384))
    assert (features.audio, features.duration, features.captions, features.notes) == (None, 6.0, None, ())


def test_one_row_more_is_left_out_and_told(tmp_path):
    save(tmp_path, visual=np.arange(7.0)[:, None], audio=np.ones((6, 4)))

    features = read_features(tmp_path, "film")

    np.testing.assert_array_equal(features.visual[:, 0], np.arange(6))
    assert "visual/film.npy has 7, audio/film.npy has 6 rows" in features.notes[0]


def test_other_lengths_are_refused_by_name(tmp_path):
    save(tmp_path, visual=np.ones((8, 4)), audio=np.ones((6, 4)))

    with pytest.raises(VideoError, match=r"differ in length \(visual/film.npy has 8, audio/film.npy has 6 rows\)"):
        read_features(tmp_path, "film")


def test_files_that_are_no_arrays(tmp_path):
    save(tmp_path, visual=np.array([{"a": 1}], dtype=object))
    with pytest.raises(VideoError, match=r"film.npy' is no array of numbers"):
        read_features(tmp_path, "film")

    (tmp_path / "visual" / "film.npy").write_bytes(b"")
    with pytest.raises(VideoError, match=r"film.npy' is no array of numbers"):
        read_features(tmp_path, "film")

    save(tmp_path, visual=np.array(["a"]))
    with pytest.raises(VideoError, match=r"film.npy' is no array of numbers"):
        read_features(tmp_path, "film")


@pytest.mark.parametrize("name", ["", "../film", "a/b", "a\\b", "/film"])
def test_ids_stay_in_the_folder(tmp_path, name):
    with pytest.raises(VideoError, match="is no file name"):
        read_features(tmp_path, name)
    with pytest.raises(VideoError, match="is no file name"):
        write_features(replace(make_features(), video_id=name), tmp_path)


def test_unknown_videos_and_damaged_manifests(tmp_path):
    with pytest.raises(VideoError, match="has no features of video 'other'"):
        read_features(tmp_path, "other")

    write_features(make_features(), tmp_path)
    whole = json.loads((tmp_path / "film.json").read_text())
    for damaged in ("{", "[]", json.dumps(whole | {"duration": "long"}), json.dumps(whole | {"captions": [[1]]})):
        (tmp_path / "film.json").write_text(damaged)
        with pytest.raises(VideoError, match=r"film.json' is damaged"):
            read_features(tmp_path, "film")


def test_arrays_that_do_not_fit_their_manifest(tmp_path):
    write_features(make_features(), tmp_path)
    save(tmp_path, audio=np.ones((3, 2), np.float32))
    with pytest.raises(VideoError, match=r"audio features of 'film' have 3 rows for 3.75 s of video"):
        read_features(tmp_path, "film")

    (tmp_path / "audio" / "film.npy").unlink()
    with pytest.raises(VideoError, match=r"film.npy' is no array"):
        read_features(tmp_path, "film")


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(VideoError, match="cannot write to"):
        write_features(make_features(), tmp_path / "file")
