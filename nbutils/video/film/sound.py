"""The sound of a generated film: voice, music and the noise of the room."""

import numpy as np
from scipy.signal import butter, sosfilt

from nbutils.video.film.script import Music, Script
from nbutils.video.media.items import SAMPLE_RATE

_VOICE = 0.45
_FADE = 0.15  # s
# Semitones above the key of the chords of a bed of music, one a bar.
_CHORDS = ((0, 4, 7, 12), (-3, 0, 4, 9), (5, 9, 12, 17), (-5, 2, 7, 11))


def film_sound(script: Script) -> np.ndarray:
    """Float32 in -1 to 1, mono at 16 kHz, as long as the film."""
    random = np.random.default_rng([script.number, 1])
    samples = _room(round(script.duration * SAMPLE_RATE), random)
    for scene in script.scenes:
        for line in scene.lines:
            _add(samples, line.start, _VOICE * line.samples)
    key, tempo = random.uniform(98, 165), random.uniform(88, 128)
    for scene in script.scenes:
        for music in scene.music:
            _add(samples, music.start, _bed(music, key, tempo, random))
    return np.clip(samples, -1, 1)


def loudness(samples: np.ndarray, times: np.ndarray, seconds: float = 0.08) -> np.ndarray:
    """Root mean square around each time (s), as a share of the loudest of them."""
    squares = np.concatenate([[0], np.cumsum(samples.astype(float) ** 2)])
    half = round(seconds / 2 * SAMPLE_RATE)
    middles = np.round(times * SAMPLE_RATE).astype(int)
    first, last = np.clip(middles - half, 0, len(samples)), np.clip(middles + half, 0, len(samples))
    power = np.sqrt((squares[last] - squares[first]) / np.maximum(last - first, 1))
    return power / max(power.max(), 1e-9)


def _room(count: int, random: np.random.Generator) -> np.ndarray:
    """Low noise with a hum, whose loudness wanders."""
    noise = sosfilt(butter(2, 900, fs=SAMPLE_RATE, output="sos"), random.standard_normal(count))
    seconds = count // SAMPLE_RATE + 2
    level = random.uniform(0.004, 0.012) * np.exp(0.4 * random.standard_normal(seconds))
    time = np.arange(count) / SAMPLE_RATE
    hum = random.uniform(0, 0.004) * np.sin(2 * np.pi * 100 * time)
    return (np.interp(time, np.arange(seconds), level) * noise + hum).astype(np.float32)


def _bed(music: Music, key: float, tempo: float, random: np.random.Generator) -> np.ndarray:
    """Plucked chords, a bass and a beat, faded in and out; `key` in Hz, `tempo` in beats a minute."""
    beat = round(60 / tempo * SAMPLE_RATE)
    count = round((music.end - music.start) * SAMPLE_RATE)
    bed = np.zeros(count + 4 * beat, np.float32)
    for number, begin in enumerate(range(0, count, beat // 2)):
        chord = _CHORDS[number // 8 % len(_CHORDS)]
        note = chord[random.integers(len(chord))]
        _add_at(bed, begin, 0.5 * _pluck(2 * key * 2 ** (note / 12), beat))
        if number % 4 == 0:
            _add_at(bed, begin, 0.6 * _pluck(key / 2 * 2 ** (chord[0] / 12), 2 * beat))
        hiss = random.standard_normal(beat // 8) * np.exp(-np.linspace(0, 6, beat // 8))
        _add_at(bed, begin, (0.25 if number % 2 else 0.12) * hiss)
    bed = bed[:count]
    fade = np.minimum(1, np.minimum(np.arange(count), np.arange(count)[::-1]) / (_FADE * SAMPLE_RATE))
    return music.level * bed * fade


def _pluck(frequency: float, count: int) -> np.ndarray:
    time = np.arange(count) / SAMPLE_RATE
    overtones = sum(np.sin(2 * np.pi * frequency * n * time) / n**1.5 for n in (1, 2, 3, 4))
    return overtones * np.exp(-5 * time) * np.minimum(1, time / 0.005)


def _add(samples: np.ndarray, start: float, piece: np.ndarray) -> None:
    _add_at(samples, round(start * SAMPLE_RATE), piece)


def _add_at(samples: np.ndarray, begin: int, piece: np.ndarray) -> None:
    piece = piece[: len(samples) - begin]
    samples[begin : begin + len(piece)] += piece.astype(np.float32)
