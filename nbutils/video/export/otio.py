"""Timelines of OpenTimelineIO."""

import math
from fractions import Fraction
from pathlib import Path

import opentimelineio
import pandas as pd
from opentimelineio.opentime import RationalTime, TimeRange
from opentimelineio.schema import Clip, ExternalReference, Timeline, Track, TrackKind

from nbutils.video.errors import VideoError
from nbutils.video.export.clips_to_write import numbered, spans
from nbutils.video.export.edl import exact_rate, frame_at
from nbutils.video.media.whole_files import write_whole


def timeline(
    clips: pd.DataFrame, frame_rate: Fraction | float, duration: float, *, media: str, title: str = "clips"
) -> Timeline:
    """The clips one after the other in a track of pictures and one of sound.

    Args:
        clips: `video_id`, `start`, `end` (s after the first picture), `score` and `rank` if there are; of one video.
        frame_rate: of the video, frames a second; the frames are those of `cut_exactly`.
        duration: of the video, s.
        media: where the editing program finds the video: its file name, or a URL such as `Path.as_uri` gives.
        title: of the timeline.

    Returns:
        A timeline; `metadata["nbutils"]` of each clip holds `start`, `end` (s, not rounded) and the score.

    Raises:
        VideoError: there is no clip, no frame comes on screen in one, or frame rate or duration cannot be used.
    """
    table, rate = numbered(clips), exact_rate(frame_rate)
    if not 0 < duration < math.inf:
        raise VideoError(f"a video of {duration:g} s has no timeline: give its duration in seconds.")
    # Names of files need not be UTF-8, but those of a timeline do.
    media, title = (name.encode(errors="replace").decode() for name in (media, title))
    made = Timeline(name=title)
    for kind in (TrackKind.Video, TrackKind.Audio):
        track = Track(name=kind, kind=kind)
        track.extend([_clip(row, rate, duration, media) for row in _rows(table)])
        made.tracks.append(track)
    return made


def write_otio(made: Timeline, path: str | Path) -> None:
    """Writes a timeline as an `.otio` file, which is JSON.

    Raises:
        VideoError: the file cannot be written.
    """
    write_whole(Path(path), opentimelineio.adapters.write_to_string(made, "otio_json").encode())


def _rows(table: pd.DataFrame) -> list[tuple[int, float, float, dict[str, float]]]:
    scores = [{"score": float(score)} for score in table["score"]] if "score" in table else [{}] * len(table)
    return [(number, start, end, score) for (_, number, start, end), score in zip(spans(table), scores, strict=True)]


def _clip(row: tuple[int, float, float, dict[str, float]], rate: Fraction, duration: float, media: str) -> Clip:
    number, start, end, score = row
    first, stop = frame_at(start, rate), frame_at(end, rate)
    if first == stop:
        raise VideoError(f"no frame comes on screen at {start:g}-{end:g} s: leave the clip out of the timeline.")
    return Clip(
        name=f"clip {number}",
        media_reference=ExternalReference(media, _range(0, frame_at(duration, rate), rate)),
        source_range=_range(first, stop, rate),
        metadata={"nbutils": {"start": start, "end": end} | score},
    )


def _range(first: int, stop: int, rate: Fraction) -> TimeRange:
    return TimeRange(RationalTime(first, float(rate)), RationalTime(stop - first, float(rate)))
