"""What a second of sound is like, in 136 numbers that need no trained model."""

import numpy as np
from scipy.fft import rfft

from nbutils.video.media.items import SAMPLE_RATE

_WINDOW, _HOP, _FOURIER = 400, 160, 512  # 25 ms, 10 ms and the next power of two, samples
_MELS = 64
_LOWEST = 50.0  # Hz
# Power below which all is silence: that of a sine wave of one part in 100 000, by order of magnitude.
_FLOOR = 1e-8
_SYLLABLES = 2.0, 8.0  # Hz


class LogMelStatistics:
    """Mel spectrum and its spread within each second, loudness, timbre and rhythm.

    Spectra are of Hann windows of 25 ms every 10 ms, 98 within a second. Powers are in tens of decibels (log10), of a
    signal in -1 to 1.

    | columns | what |
    |---|---|
    | 0-63 | mean over the second of the log10 power in 64 mel bands, 50 Hz to 8 kHz |
    | 64-127 | standard deviation of the same |
    | 128 | mean log10 power |
    | 129 | range of the log10 power, from its 5th to its 95th percentile |
    | 130 | share of windows whose power is below a hundredth of the loudest |
    | 131 | spectral centroid, as a share of 8 kHz |
    | 132 | spectral flatness, geometric over arithmetic mean of the power, 0 for a tone and about .56 for white noise |
    | 133 | flux: mean rise of the log10 powers of the mel bands from a window to the next |
    | 134 | zero crossings per sample |
    | 135 | rhythm of syllables: share of 2 to 8 Hz in the changes of amplitude (Scheirer and Slaney 1997: 4 Hz) |
    """

    name = "log-mel-statistics 1"
    width = 2 * _MELS + 8
    before = 0
    after = 0

    def encode(self, windows: np.ndarray) -> np.ndarray:
        """Rows float32 [n, 136] of seconds of sound, float32 [n, 1, 16000]."""
        samples = windows[:, 0]
        pieces = np.lib.stride_tricks.sliding_window_view(samples, _WINDOW, axis=1)[:, ::_HOP]
        power = np.abs(rfft(pieces * _HANN, _FOURIER)) ** 2 / _HANN.sum() ** 2
        mels = np.log10(power @ _MEL_FILTERS + _FLOOR)
        rest = [*_loudness(power), *_timbre(power), _flux(mels), _zero_crossings(samples), _syllables(power)]
        return np.concatenate([mels.mean(axis=1), mels.std(axis=1), np.stack(rest, axis=1)], axis=1).astype(np.float32)


def mel_filters(bands: int, bins: int, lowest: float, highest: float) -> np.ndarray:
    """Triangles of height 1, evenly spaced on the mel scale 2595 log10(1 + f / 700), float32 [bins, bands].

    Bins run from 0 Hz to `highest`; every band is at least one bin wide.
    """
    mel_lowest, mel_highest = (2595 * np.log10(1 + frequency / 700) for frequency in (lowest, highest))
    corners = 700 * (10 ** (np.linspace(mel_lowest, mel_highest, bands + 2) / 2595) - 1)
    frequencies = np.linspace(0, highest, bins)[:, None]
    width = np.maximum(np.diff(corners), highest / (bins - 1))
    rising = 1 - (corners[1:-1] - frequencies) / width[:-1]
    falling = 1 - (frequencies - corners[1:-1]) / width[1:]
    return np.clip(np.minimum(rising, falling), 0, 1).astype(np.float32)


_HANN = np.hanning(_WINDOW + 1)[:-1].astype(np.float32)
_MEL_FILTERS = mel_filters(_MELS, _FOURIER // 2 + 1, _LOWEST, SAMPLE_RATE / 2)
_FREQUENCIES = np.linspace(0, 1, _FOURIER // 2 + 1, dtype=np.float32)


def _loudness(power: np.ndarray) -> list[np.ndarray]:
    total = power.sum(axis=-1) + _FLOOR
    low, high = np.percentile(np.log10(total), [5, 95], axis=1)
    quiet = (total < total.max(axis=1, keepdims=True) / 100).mean(axis=1)
    return [np.log10(total).mean(axis=1), high - low, quiet]


def _timbre(power: np.ndarray) -> list[np.ndarray]:
    spectrum = power.mean(axis=1) + _FLOOR / power.shape[-1]
    centroid = spectrum @ _FREQUENCIES / spectrum.sum(axis=1)
    flatness = np.exp(np.log(power + _FLOOR / power.shape[-1]).mean(axis=(1, 2))) / spectrum.mean(axis=1)
    return [centroid, flatness]


def _flux(mels: np.ndarray) -> np.ndarray:
    return np.maximum(np.diff(mels, axis=1), 0).mean(axis=(1, 2))


def _zero_crossings(samples: np.ndarray) -> np.ndarray:
    return np.diff(np.signbit(samples), axis=1).mean(axis=1)


def _syllables(power: np.ndarray) -> np.ndarray:
    """Share of the variance of the amplitude that is at 2 to 8 Hz."""
    amplitude = np.sqrt(power.sum(axis=-1))
    windows = amplitude.shape[1]
    changes = np.abs(rfft(amplitude - amplitude.mean(axis=1, keepdims=True), axis=1)) ** 2
    rates = np.arange(changes.shape[1]) * SAMPLE_RATE / _HOP / windows
    chosen = (rates >= _SYLLABLES[0]) & (rates <= _SYLLABLES[1])
    return changes[:, chosen].sum(axis=1) / (changes.sum(axis=1) + _FLOOR)
