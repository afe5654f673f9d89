"""From a video and its captions to features."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from nbutils.progress import progress
from nbutils.video.encoders.choice import Encoders, choose_encoders
from nbutils.video.encoders.windows import WindowRows
from nbutils.video.errors import VideoError
from nbutils.video.features.caption_rows import caption_rows, check_captions
from nbutils.video.features.content import captions_digest, file_digest
from nbutils.video.features.features import Features
from nbutils.video.features.folder import read_features, read_manifest, write_features
from nbutils.video.media.captions import caption_table, read_captions
from nbutils.video.media.decode import decode
from nbutils.video.media.items import SAMPLE_RATE, End, Frame, Sound
from nbutils.video.media.opening import open_video

# With a larger share of captions past the end, the note doubts that they are of this video.
_DOUBTED = 0.2


@dataclass(frozen=True)
class _Streams:
    """What one pass through a video gives."""

    visual: np.ndarray
    audio: np.ndarray | None
    duration: float
    notes: tuple[str, ...]


def features_of(
    video: str | Path,
    captions: str | Path | pd.DataFrame | None = None,
    *,
    encoders: Encoders | None = None,
    cache: str | Path | None = None,
    video_id: str | None = None,
) -> Features:
    """Features of a video, one row per second, from a single pass in bounded memory.

    Args:
        video: a video file; see `media.decode` for what is made of one without sound, cut off or turned.
        captions: an SRT or WebVTT file, or a table of start, end (seconds) and text; None: there are none.
        encoders: see `choose_encoders`, whose defaults None takes.
        cache: a folder as `read_features` reads it. What is there is used again where it was made from the same content
            by the same encoders; with other captions only the text is encoded anew.
        video_id: name of the features; None is that of the file without its ending.

    Raises:
        VideoError: a video or captions that cannot be used.
        ModelError: a pretrained encoder that cannot be loaded.
    """
    video = Path(video).expanduser()
    with open_video(video):
        pass  # what cannot be opened is told before anything is read or loaded
    table, caption_notes = _caption_table(captions)
    encoders = encoders or choose_encoders()
    # Names of files need not be UTF-8, but those in tables do.
    video_id = video_id or video.stem.encode(errors="replace").decode()
    if cache is None:
        return _features(video_id, _encode_streams(video, encoders), table, caption_notes, encoders)
    of_streams = {"video": file_digest(video), "visual": encoders.visual.name, "audio": encoders.audio.name}
    of_text = {"captions": None if table is None else captions_digest(table), "text": encoders.text.name}
    stored, made_from = _stored(Path(cache).expanduser(), video_id)
    if made_from.items() >= (of_streams | of_text).items():
        return stored
    if made_from.items() >= of_streams.items():
        streams = _Streams(stored.visual, stored.audio, stored.duration, tuple(made_from.get("video_notes", ())))
    else:
        streams = _encode_streams(video, encoders)
    features = _features(video_id, streams, table, caption_notes, encoders)
    write_features(features, cache, made_from=of_streams | of_text | {"video_notes": list(streams.notes)})
    return features


def _caption_table(captions: str | Path | pd.DataFrame | None) -> tuple[pd.DataFrame | None, tuple[str, ...]]:
    if captions is None:
        return None, ()
    if isinstance(captions, pd.DataFrame):
        check_captions(captions)
        return caption_table(captions[["start", "end", "text"]].to_numpy().tolist()), ()
    read = read_captions(captions)
    return read.table, read.notes


def _stored(cache: Path, video_id: str) -> tuple[Features | None, dict]:
    """Features in the cache and what they were made from; nothing where they are damaged or of unknown origin."""
    try:
        manifest = read_manifest(cache, video_id)
        return (None, {}) if manifest is None else (read_features(cache, video_id), manifest["made_from"])
    except VideoError:
        return None, {}


def _encode_streams(video: Path, encoders: Encoders) -> _Streams:
    pictures, sound = WindowRows(encoders.visual, np.asarray), WindowRows(encoders.audio, np.zeros_like)
    heard, end = 0, End(0.0, ())
    for item in progress(decode(video, shorter_side=encoders.visual.shorter_side), f"reading {video.name}"):
        match item:
            case Frame():
                pictures.add(item.picture)
            case Sound():
                sound.add(item.samples)
                heard = item.second + 1
            case End():
                end = item
    visual = pictures.finish()
    if heard:
        for _ in range(heard, len(visual)):
            sound.add(np.zeros(SAMPLE_RATE, np.float32))
    return _Streams(visual, sound.finish()[: len(visual)] if heard else None, end.duration, end.notes)


def _features(
    video_id: str,
    streams: _Streams,
    captions: pd.DataFrame | None,
    caption_notes: tuple[str, ...],
    encoders: Encoders,
) -> Features:
    seconds = len(streams.visual)
    text = None if captions is None else caption_rows(captions, seconds, encoders.text)
    late = () if captions is None else _late_captions(captions, streams.duration)
    made = {"visual": encoders.visual} | ({} if streams.audio is None else {"audio": encoders.audio})
    made |= {} if text is None else {"text": encoders.text}
    return Features(
        video_id,
        streams.visual,
        streams.audio,
        text,
        duration=streams.duration,
        captions=captions,
        encoders={modality: encoder.name for modality, encoder in made.items()},
        notes=(*streams.notes, *caption_notes, *late),
    )


def _late_captions(captions: pd.DataFrame, duration: float) -> tuple[str, ...]:
    late = int((captions["start"] >= duration).sum())
    if not late:
        return ()
    doubt = "; they may belong to another video" if late / len(captions) > _DOUBTED else ""
    return (f"captions that start after the video ends at {duration:.1f} s: {late} of {len(captions)}{doubt}",)
