import sys
from types import ModuleType, SimpleNamespace

import pytest

from nbutils.video.errors import VideoError
from nbutils.video.media import recognise_speech
from tests.video.media.films import write_film


@pytest.fixture
def recogniser(monkeypatch):
    """Stands in for faster-whisper: hears what it is told to."""
    heard = [SimpleNamespace(start=0.5, end=1.5, text=" Hello."), SimpleNamespace(start=2.0, end=2.0, text="")]

    class WhisperModel:
        def __init__(self, model, device, compute_type):
            if model == "missing":
                raise ValueError("Invalid model size 'missing'\nand more")

        def transcribe(self, path, language, vad_filter):
            return iter(heard), SimpleNamespace(language="en")

    module = ModuleType("faster_whisper")
    module.WhisperModel, module.__spec__ = WhisperModel, SimpleNamespace()
    monkeypatch.setitem(sys.modules, "faster_whisper", module)
    return heard


def test_speech_becomes_captions(recogniser, steady_film):
    captions = recognise_speech(steady_film, "small")

    assert list(captions.itertuples(index=False, name=None)) == [(0.5, 1.5, "Hello.")]


def test_what_cannot_be_recognised_is_told(recogniser, steady_film, tmp_path):
    with pytest.raises(VideoError, match=r"speech model 'missing' cannot be loaded \(Invalid model size 'missing'\): "):
        recognise_speech(steady_film, "missing")
    recogniser.clear()
    with pytest.raises(VideoError, match=r"no speech was recognised in 'steady.mkv'"):
        recognise_speech(steady_film, "small")
    write_film(tmp_path / "silent.mkv", range(0, 1000, 40))
    with pytest.raises(VideoError, match=r"'silent.mkv' has no sound"):
        recognise_speech(tmp_path / "silent.mkv", "small")


def test_without_the_package(monkeypatch, steady_film):
    monkeypatch.setitem(sys.modules, "faster_whisper", None)

    with pytest.raises(VideoError, match="speech recognition needs faster-whisper: install it"):
        recognise_speech(steady_film, "small")
