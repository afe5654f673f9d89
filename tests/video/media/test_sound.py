import av
import numpy as np
import pytest

from nbutils.video.media import SAMPLE_RATE, Sound, decode
from tests.video.media.films import RATE, tone, write_film


def sound_of(path):
    """All samples, after a look at how they come."""
    pieces = [item for item in decode(path) if isinstance(item, Sound)]
    assert [piece.second for piece in pieces] == list(range(len(pieces)))
    assert all(piece.samples.shape == (SAMPLE_RATE,) and piece.samples.dtype == np.float32 for piece in pieces)
    return np.concatenate([piece.samples for piece in pieces])


def click(seconds, at):
    """Silence with half a millisecond of noise at `at`."""
    samples = np.zeros(round(seconds * RATE))
    samples[round(at * RATE) :][:24] = 0.9
    return samples


def clicks_in(samples):
    """Where sound rises out of silence, seconds."""
    loud = np.flatnonzero(np.abs(samples) > 0.2)
    return loud[np.diff(loud, prepend=-SAMPLE_RATE) > 1600] / SAMPLE_RATE


def write_sound(path, *sound, seconds=6):
    write_film(path, range(0, seconds * 1000, 40), sound=sound)


def test_a_tone_keeps_its_pitch_and_loudness(tmp_path):
    write_sound(tmp_path / "film.mkv", (0, tone(6, 1000, amplitude=0.5)))

    samples = sound_of(tmp_path / "film.mkv")

    expected = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(6 * SAMPLE_RATE) / SAMPLE_RATE)
    np.testing.assert_allclose(samples[100:-100], expected[100:-100], atol=2e-3)


def test_sound_stands_where_its_time_says(tmp_path):
    write_sound(tmp_path / "film.mkv", (1.5, click(1, 0.25)), (4, click(1.2, 1)))

    samples = sound_of(tmp_path / "film.mkv")

    np.testing.assert_allclose(clicks_in(samples), [1.75, 5.0], atol=1e-3)
    assert not samples[: int(1.4 * SAMPLE_RATE)].any()
    assert len(samples) == 6 * SAMPLE_RATE


def test_sound_before_the_first_picture_is_cut(tmp_path):
    write_film(tmp_path / "film.mkv", range(2000, 6000, 40), sound=[(0, click(6, 0.5) + click(6, 3))])

    np.testing.assert_allclose(clicks_in(sound_of(tmp_path / "film.mkv")), [1.0], atol=1e-3)


def test_overlaps_are_cut(tmp_path):
    write_sound(tmp_path / "film.avi", (0, click(3, 0.5)))
    write_sound(tmp_path / "film.mkv", (0, click(3, 0.5)), (2, click(3, 2.5)))

    samples = sound_of(tmp_path / "film.mkv")

    np.testing.assert_allclose(clicks_in(samples), [0.5, 4.5], atol=1e-3)


def test_a_clock_that_drifts_is_followed(tmp_path):
    """Of 200 pieces of .1 s, each stated 2 ms later than the one before ends, the last are 4 s later than counted."""
    pieces = [(i * 0.102, click(0.1, 0.05) if i % 50 == 0 else click(0.1, 1)) for i in range(200)]
    write_sound(tmp_path / "film.mkv", *pieces, seconds=21)

    expected = [i * 0.102 + 0.05 for i in range(0, 200, 50)]
    np.testing.assert_allclose(clicks_in(sound_of(tmp_path / "film.mkv")), expected, atol=0.055)


def test_channels_are_averaged(tmp_path):
    path = tmp_path / "film.mp4"
    left = tone(3, 500)
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        audio = container.add_stream("aac", rate=44_100, layout="stereo")
        for number in range(75):
            frame = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
            frame.pts = number
            container.mux(video.encode(frame))
        both = np.stack([left, np.zeros_like(left)]).astype(np.float32)
        for begin in range(0, both.shape[1], 1024):
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(both[:, begin : begin + 1024]), "fltp", "stereo")
            frame.sample_rate = RATE
            container.mux(audio.encode(frame))
        container.mux([*video.encode(None), *audio.encode(None)])

    samples = sound_of(path)

    spectrum = np.abs(np.fft.rfft(samples[SAMPLE_RATE : 2 * SAMPLE_RATE]))
    assert spectrum.argmax() == 500
    assert np.abs(samples[SAMPLE_RATE : 2 * SAMPLE_RATE]).max() == pytest.approx(0.25, abs=0.03)
