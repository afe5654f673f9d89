"""Captions by speech recognition, where `faster-whisper` is installed and the user names a model."""

import importlib.util
from pathlib import Path

import pandas as pd

from nbutils.video.errors import VideoError
from nbutils.video.media.captions import caption_table
from nbutils.video.media.opening import open_video


def recognise_speech(
    path: str | Path, model: str, *, language: str | None = None, device: str = "auto", precision: str = "default"
) -> pd.DataFrame:
    """What is said in a video, as captions: start, end (seconds) and text, one row per segment of the recogniser.

    Args:
        path: a video with sound.
        model: a folder with a CTranslate2 model of Whisper, or a name that faster-whisper downloads ("small", say).
        language: such as "en"; None lets the model find it out from the first 30 seconds.
        device: "auto", "cpu" or "cuda".
        precision: CTranslate2's compute type, such as "int8" on a CPU or "float16" on a GPU.

    Raises:
        VideoError: faster-whisper is not installed, the model cannot be loaded, or the video has no sound or no speech.
    """
    if importlib.util.find_spec("faster_whisper") is None:
        raise VideoError(
            "speech recognition needs faster-whisper: install it with pip install faster-whisper, or give captions"
        )
    with open_video(path) as (container, _):
        if not container.streams.audio:
            raise VideoError(f"{Path(path).name!r} has no sound in which speech could be recognised: give captions")
    from faster_whisper import WhisperModel

    try:
        recogniser = WhisperModel(model, device=device, compute_type=precision)
    except (RuntimeError, ValueError, OSError) as error:
        reason = str(error).partition("\n")[0]
        raise VideoError(
            f"speech model {model!r} cannot be loaded ({reason}): give a folder with a CTranslate2 model of Whisper, "
            "or a name such as 'small' and a network to download it"
        ) from error
    segments, _ = recogniser.transcribe(str(path), language=language, vad_filter=True)
    captions = [(segment.start, segment.end, segment.text.strip()) for segment in segments]
    spoken = [(start, end, text) for start, end, text in captions if text and end > start]
    if not spoken:
        raise VideoError(f"no speech was recognised in {Path(path).name!r}: go on without captions")
    return caption_table(spoken)
