import numpy as np
import pytest

from nbutils.video.errors import VideoError
from nbutils.video.film import voice
from nbutils.video.film.voice import Voice, speaker
from nbutils.video.media.items import SAMPLE_RATE

PLAIN = Voice("en-us+f3", rate=165, pitch=50, range=50)
TEXT = "We are going to trim the sail."


@pytest.fixture
def speak():
    pytest.importorskip("espeakng_loader")
    return speaker()


def test_speech_begins_and_ends_with_sound(speak):
    samples = speak(TEXT, PLAIN)
    assert samples.dtype == np.float32
    assert np.abs(samples).max() == pytest.approx(1)
    assert 1.0 < len(samples) / SAMPLE_RATE < 2.5
    assert min(abs(samples[0]), abs(samples[-1])) > 0.005


def test_speakers_who_say_the_same_sound_the_same(speak):
    def said(speak):
        return np.concatenate([speak(TEXT, PLAIN), speak(TEXT, PLAIN._replace(name="en-us+m3")), speak(TEXT, PLAIN)])

    once = said(speak)
    np.testing.assert_array_equal(said(speaker()), once)


def test_a_faster_voice_is_shorter_and_a_longer_text_longer(speak):
    assert len(speak(TEXT, PLAIN._replace(rate=220))) < 0.9 * len(speak(TEXT, PLAIN))
    assert len(speak(TEXT + " " + TEXT, PLAIN)) > 1.7 * len(speak(TEXT, PLAIN))


def test_an_unknown_voice_is_told(speak):
    with pytest.raises(VideoError, match="no voice 'nobody'"):
        speak("Hello.", PLAIN._replace(name="nobody"))


def test_the_missing_package_is_told(monkeypatch):
    monkeypatch.setattr(voice, "PACKAGE", "a_package_that_is_not_there")
    with pytest.raises(VideoError, match=r"espeakng-loader: install it"):
        speaker()
