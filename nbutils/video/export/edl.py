"""Edit decision lists in CMX 3600, which every editing program reads."""

import math
import re
from fractions import Fraction
from pathlib import Path

import pandas as pd

from nbutils.video.errors import VideoError
from nbutils.video.export.clips_to_write import numbered, spans
from nbutils.video.export.names import safe_name
from nbutils.video.export.seeking import SAME
from nbutils.video.media.whole_files import write_whole

MOST_EVENTS = 999
LONGEST_REEL = 8
DAY = 24 * 3600


def write_edl(
    clips: pd.DataFrame,
    path: str | Path,
    frame_rate: Fraction | float,
    *,
    media: str,
    title: str = "clips",
    source_start: str = "00:00:00:00",
) -> None:
    """Writes the clips one after the other as cuts of picture and sound.

    Timecode counts frames and is non-drop at every rate. At 23.976 and 29.97 frames a second it therefore runs slow
    by a thousandth against the clock, by 3.6 s an hour, as editing programs expect with `FCM: NON-DROP FRAME`. The
    frames are those of `cut_exactly`. At a variable rate frame numbers are those of the mean rate.

    Args:
        clips: `video_id`, `start`, `end` (s after the first picture), `score` and `rank` if there are; of one video.
        path: of the file.
        frame_rate: of the video, frames a second; 23.976 and the like are taken for 24000/1001.
        media: file name of the video, by which the editing program finds it.
        title: of the list.
        source_start: timecode of the video's first frame.

    Raises:
        VideoError: there is no clip, or more than 999; a frame rate or timecode cannot be used; no frame
            comes on screen in a clip; or the file cannot be written.
    """
    table, rate = numbered(clips), exact_rate(frame_rate)
    if len(table) > MOST_EVENTS:
        raise VideoError(f"{len(table)} clips are too many for an edit list in CMX 3600, which holds 999: write fewer.")
    first = _frames_of(source_start, rate)
    reel = re.sub(r"[^A-Z0-9]", "", safe_name(table["video_id"].iloc[0]).upper())[:LONGEST_REEL] or "AX"
    lines, record = [f"TITLE: {_one_line(title)}", "FCM: NON-DROP FRAME", ""], 0
    scores = table["score"] if "score" in table else [None] * len(table)
    for event, ((_, number, start, end), score) in enumerate(zip(spans(table), scores, strict=True), start=1):
        source_in, source_out = frame_at(start, rate), frame_at(end, rate)
        if source_in == source_out:
            raise VideoError(f"no frame comes on screen at {start:g}-{end:g} s: leave the clip out of the edit list.")
        length = source_out - source_in
        times = (first + source_in, first + source_out, record, record + length)
        codes = " ".join(timecode(frame, rate) for frame in times)
        lines.append(f"{event:03d}  {reel:<8} AA/V  C        {codes}")
        lines.append(f"* FROM CLIP NAME: {_one_line(media)}")
        lines.append(f"* COMMENT: CLIP {number}" + ("" if score is None else f", SCORE {score:.4f}"))
        record += length
    # Names of files need not be UTF-8.
    write_whole(Path(path), ("\n".join(lines) + "\n").encode(errors="replace"))


def exact_rate(frame_rate: Fraction | float | None) -> Fraction:
    """A frame rate as a fraction, where 29.97 and 29.970 mean 30000/1001.

    Raises:
        VideoError: the rate is not known, or not within 1 and 99, whose frames have two digits.
    """
    if frame_rate is None:
        raise VideoError("the frame rate of the video is not known, so that frames have no number: give one.")
    if not 1 <= frame_rate < 99.5:
        raise VideoError(f"a frame rate of {float(frame_rate):g} has no timecode: give one from 1 to 99.")
    for nominal in (24, 30, 48, 60):
        if abs(frame_rate - Fraction(nominal * 1000, 1001)) < 0.005:
            return Fraction(nominal * 1000, 1001)
    return Fraction(frame_rate).limit_denominator(1001)


def frame_at(time: float, rate: Fraction) -> int:
    """Number of the first frame that comes on screen at or after a time in s, as `cut_exactly` has it."""
    return max(0, math.ceil((Fraction(time) - SAME) * rate))


def timecode(frame: int, rate: Fraction) -> str:
    """Non-drop timecode `HH:MM:SS:FF` of a frame number; after a day it begins anew."""
    seconds, frames = divmod(frame, round(rate))
    minutes, seconds = divmod(seconds % DAY, 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}:{frames:02d}"


def _frames_of(code: str, rate: Fraction) -> int:
    match = re.fullmatch(r"(\d\d):([0-5]\d):([0-5]\d):(\d\d)", code)
    if match is None or int(match[4]) >= round(rate):
        raise VideoError(
            f"{code!r} is no non-drop timecode at {float(rate):.6g} frames a second: give one such as 01:00:00:00."
        )
    hours, minutes, seconds, frames = map(int, match.groups())
    return (hours * 3600 + minutes * 60 + seconds) * round(rate) + frames


def _one_line(text: str) -> str:
    return " ".join(text.split())
