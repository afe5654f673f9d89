"""Speech by eSpeak NG, as the package espeakng-loader brings it."""

import ctypes
import importlib.util
import shutil
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.signal import resample_poly

from nbutils.video.errors import VideoError
from nbutils.video.media.items import SAMPLE_RATE

PACKAGE = "espeakng_loader"

# speak_lib.h of eSpeak NG
_SYNCHRONOUS = 2
_RATE, _PITCH, _RANGE = 1, 3, 4
_CHARACTERS, _UTF8 = 1, 1
_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)

# What is softer than this share of the loudest sample before and after a sentence is silence.
_SILENCE = 0.01


class Voice(NamedTuple):
    """How a speaker sounds.

    Attributes:
        name: a voice of eSpeak NG with a variant, such as "en-us+f3".
        rate: words a minute.
        pitch: 0 to 100, 50 is normal.
        range: of the pitch, 0 (a monotone) to 100.
    """

    name: str
    rate: int
    pitch: int
    range: int


Speak = Callable[[str, Voice], np.ndarray]


def speaker() -> Speak:
    """Someone who speaks: what is said depends on the texts and voices that this speaker was given before, alone.

    The function that is returned gives speech float32 at 16 kHz, loudest sample 1, from the first sound to the last, so
    that its length is that of the speech. It raises VideoError where the voice is not known.

    Raises:
        VideoError: the package is absent.
    """
    if importlib.util.find_spec(PACKAGE) is None:
        raise VideoError("the narration of a film needs espeakng-loader: install it with pip install 'nbutils[film]'")
    import espeakng_loader

    # A library of its own: eSpeak NG goes on from where the last text left it, also after it is started again.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        library = ctypes.CDLL(shutil.copy(espeakng_loader.get_library_path(), Path(folder)))
    library.espeak_Synth.argtypes = [
        ctypes.c_char_p,
        ctypes.c_size_t,
        ctypes.c_uint,
        ctypes.c_int,
        ctypes.c_uint,
        ctypes.c_uint,
        ctypes.c_void_p,
        ctypes.c_void_p,
    ]
    rate = library.espeak_Initialize(_SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), 0)
    if rate <= 0:
        raise VideoError("eSpeak NG does not start: install espeakng-loader again")
    library.espeak_ng_SetRandSeed(ctypes.c_long(1))
    return partial(_speak, library, rate)


def _speak(library: ctypes.CDLL, rate: int, text: str, voice: Voice) -> np.ndarray:
    if library.espeak_SetVoiceByName(voice.name.encode()) != 0:
        raise VideoError(f"eSpeak NG has no voice {voice.name!r}: name one such as 'en-us+f3'")
    for parameter, value in ((_RATE, voice.rate), (_PITCH, voice.pitch), (_RANGE, voice.range)):
        library.espeak_SetParameter(parameter, value, 0)
    parts: list[np.ndarray] = []

    def collect(samples, count: int, _events) -> int:
        if samples and count:
            parts.append(np.ctypeslib.as_array(samples, (count,)).copy())
        return 0

    callback = _CALLBACK(collect)
    library.espeak_SetSynthCallback(callback)
    written = text.encode() + b"\0"
    library.espeak_Synth(written, len(written), 0, _CHARACTERS, 0, _UTF8, None, None)
    library.espeak_Synchronize()
    spoken = resample_poly(np.concatenate(parts).astype(np.float32), SAMPLE_RATE, rate).astype(np.float32)
    loud = np.flatnonzero(np.abs(spoken) > _SILENCE * np.abs(spoken).max())
    spoken = spoken[loud[0] : loud[-1] + 1]
    return spoken / np.abs(spoken).max()
