"""Scripts without eSpeak NG."""

import numpy as np

from nbutils.video.film.script import write_script
from nbutils.video.media.items import SAMPLE_RATE


def pretend_to_speak(text, voice):
    """A tone of .06 s a letter at a normal rate."""
    seconds = 0.06 * len(text) * 165 / voice.rate
    return np.sin(np.arange(round(seconds * SAMPLE_RATE)) / 8).astype(np.float32)


def script_of(topic, number, *, seconds=150, unseen=False):
    return write_script("a film", topic, seconds, number, pretend_to_speak, unseen=unseen)
