import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import spectrogram

from nbutils.video.encoders.log_mel import LogMelStatistics, mel_filters

RATE = 16_000
POWER, RANGE, QUIET, CENTROID, FLATNESS, FLUX, CROSSINGS, SYLLABLES = range(128, 136)


def encode(samples):
    return LogMelStatistics().encode(np.asarray(samples, np.float32)[None, None])[0]


def tone(frequency, amplitude=0.5):
    return amplitude * np.sin(2 * np.pi * frequency * np.arange(RATE) / RATE)


def noise(seed=0):
    return 0.1 * np.random.default_rng(seed).standard_normal(RATE)


def test_mels_against_scipy():
    samples = noise() + tone(700)

    row = encode(samples)

    window = np.hanning(401)[:-1]
    frequencies, _, power = spectrogram(
        samples, RATE, window, noverlap=240, nfft=512, detrend=False, scaling="spectrum", mode="complex"
    )
    assert frequencies[-1] == 8000
    mels = np.log10(np.abs(power.T) ** 2 @ mel_filters(64, 257, 50, 8000) + 1e-8)
    assert len(mels) == 98
    np.testing.assert_allclose(row[:64], mels.mean(axis=0), atol=1e-3)
    np.testing.assert_allclose(row[64:128], mels.std(axis=0), atol=1e-3)


def test_mel_filters_cover_their_range():
    filters = mel_filters(64, 257, 50, 8000)
    heights = filters.max(axis=0)

    assert heights.min() > 0.4
    assert heights.max() <= 1
    assert (np.diff(filters.argmax(axis=0)) >= 0).all()
    # Where bands are wider than bins, two neighbours share each frequency.
    np.testing.assert_allclose(filters[100:230].sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("frequency", [300, 1000, 4000])
def test_a_tone_is_in_its_band(frequency):
    row = encode(tone(frequency))

    band = mel_filters(64, 257, 50, 8000)[round(frequency / 8000 * 256)].argmax()
    assert abs(row[:64].argmax() - band) <= 1
    assert row[CENTROID] == pytest.approx(frequency / 8000, rel=0.02)
    assert row[FLATNESS] < 0.01
    assert row[CROSSINGS] == pytest.approx(2 * frequency / RATE, rel=0.02)


def test_white_noise_is_flat():
    row = encode(noise())

    assert row[FLATNESS] == pytest.approx(np.exp(-np.euler_gamma), abs=0.03)
    assert row[CENTROID] == pytest.approx(0.5, abs=0.02)


def test_silence_is_finite():
    row = encode(np.zeros(RATE))

    assert np.isfinite(row).all()
    np.testing.assert_allclose(row[:64], -8, atol=1e-6)
    np.testing.assert_allclose(row[64:128], 0, atol=1e-6)
    np.testing.assert_allclose(row[[RANGE, QUIET, FLUX, CROSSINGS, SYLLABLES]], 0, atol=1e-6)


@given(gain=st.floats(0.5, 10))
@settings(max_examples=20)
def test_loudness_moves_powers_alone(gain):
    soft, loud = encode(noise()), encode(noise() * gain)

    np.testing.assert_allclose(loud[:64], soft[:64] + 2 * np.log10(gain), atol=0.02)
    assert loud[POWER] == pytest.approx(soft[POWER] + 2 * np.log10(gain), abs=1e-3)
    rest = [RANGE, QUIET, CENTROID, FLATNESS, CROSSINGS, SYLLABLES]
    np.testing.assert_allclose(loud[rest], soft[rest], atol=0.02)


def test_the_rhythm_of_syllables():
    time = np.arange(RATE) / RATE
    rates = [encode(noise() * (1 + np.sin(2 * np.pi * rate * time)))[SYLLABLES] for rate in (1, 4, 20)]

    assert rates[1] > 0.6
    assert max(rates[0], rates[2]) < 0.4


def test_half_a_second_of_silence():
    samples = noise()
    samples[RATE // 2 :] = 0

    row = encode(samples)

    assert row[QUIET] == pytest.approx(0.5, abs=0.02)
    assert row[RANGE] > 2


def test_seconds_do_not_depend_on_one_another():
    seconds = np.stack([noise(seed) for seed in range(5)]).astype(np.float32)

    rows = LogMelStatistics().encode(seconds[:, None])

    assert rows.shape == (5, LogMelStatistics.width)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(rows[3], encode(seconds[3]), atol=1e-5)
