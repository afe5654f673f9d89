"""Videos made of noise in which clips are planted."""

import numpy as np

from nbutils.video.features.features import Features
from nbutils.video.training.data import Window

WIDTHS = {"visual": 16, "audio": 12, "text": 8}


def planted_videos(count, seconds, seed, strength=0.25):
    """Features by video id, and one window a video.

    Within a clip the visual and audio features are shifted by a fraction of the noise: one second says little, its
    neighbours together say where the clip begins and ends. Text is noise.
    """
    rng = np.random.default_rng(seed)
    shifts = {name: np.random.default_rng(99).standard_normal(width) for name, width in WIDTHS.items()}
    features, windows = {}, []
    for index in range(count):
        name = f"video{seed}-{index}"
        arrays = {modality: rng.standard_normal((seconds, width)) for modality, width in WIDTHS.items()}
        clips, at = [], int(rng.integers(5, 30))
        while at + 45 < seconds:
            end = at + int(rng.integers(12, 40))
            clips.append((at, end))
            for modality in ("visual", "audio"):
                arrays[modality][at:end] += strength * shifts[modality]
            at = end + int(rng.integers(10, 40))
        rows = {modality: array.astype(np.float32) for modality, array in arrays.items()}
        features[name] = Features(name, **rows, duration=float(seconds))
        windows.append(Window(name, 0.0, float(seconds), np.array(clips, dtype=float)))
    return features, windows
