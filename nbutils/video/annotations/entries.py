"""Entries of an annotation file, refused where nothing can be made of them."""

import json
import math
from pathlib import Path
from typing import NamedTuple

from nbutils.video.errors import VideoError

REQUIRED = ("youtube_id", "timeRange", "segments")
FIELDS = (*REQUIRED, "timeRangeOffset", "segmentsOffset", "coverage")


class Entry(NamedTuple):
    """One window as the file has it.

    Attributes:
        place: "entry 3 ('video')", to begin sentences with.
        video_id: id of the video.
        window: start and end, s of the video.
        clips: [start, end] pairs, s of the video.
        window_offset: the window in seconds after its start; None where the file has none.
        clip_offsets: the clips in seconds after the window's start; None where the file has none.
        coverage: NaN where the file has none.
        unknown: names of further fields.
    """

    place: str
    video_id: str
    window: tuple[float, float]
    clips: list[tuple[float, float]]
    window_offset: tuple[float, float] | None
    clip_offsets: list[tuple[float, float]] | None
    coverage: float
    unknown: list[str]


def load_json(path: Path) -> object:
    """The content of a JSON file.

    Raises:
        VideoError: there is no such file or it is not JSON in UTF-8.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise VideoError(f"cannot read the annotations {str(path)!r} ({error.strerror}): check the path.") from error
    except UnicodeDecodeError as error:
        raise VideoError(f"{path.name!r} is not UTF-8 at byte {error.start}: save it as UTF-8.") from error
    except json.JSONDecodeError as error:
        raise VideoError(
            f"{path.name!r} is not JSON: {error.msg} in line {error.lineno}, column {error.colno}; give a file such as "
            "val.json of Repurpose-10K."
        ) from error
    except (RecursionError, ValueError) as error:
        raise VideoError(f"{path.name!r} is not usable JSON: {error}.") from error


def checked_entries(content: object, name: str) -> list[Entry]:
    """The entries with the right types, whatever their times say.

    Raises:
        VideoError: naming entry and field.
    """
    if not isinstance(content, list) or not content:
        found = "an empty list" if content == [] else type(content).__name__
        raise VideoError(f"{name} must be a list with one object for each window, not {found}.")
    return [_entry(item, f"{name}, entry {i}") for i, item in enumerate(content)]


def _entry(item: object, place: str) -> Entry:
    if not isinstance(item, dict):
        raise VideoError(f"{place} is {_shown(item)}, not an object with {', '.join(REQUIRED)}.")
    for field in REQUIRED:
        if field not in item:
            raise VideoError(f"{place} has no {field!r}; it needs {', '.join(REQUIRED)}.")
    video_id = item["youtube_id"]
    if not isinstance(video_id, str) or not video_id.strip():
        raise VideoError(f"{place}: youtube_id is {_shown(video_id)}, not the name of a video.")
    place = f"{place} ({_shown(video_id)})"
    window = _pair(item["timeRange"], f"{place}: timeRange")
    if not 0 <= window[0] < window[1]:
        raise VideoError(f"{place}: timeRange is {_shown(item['timeRange'])}; it must be 0 <= start < end.")
    return Entry(
        place,
        video_id,
        window,
        _pairs(item["segments"], f"{place}: segments"),
        _pair(item["timeRangeOffset"], f"{place}: timeRangeOffset") if "timeRangeOffset" in item else None,
        _pairs(item["segmentsOffset"], f"{place}: segmentsOffset") if "segmentsOffset" in item else None,
        _number(item["coverage"], f"{place}: coverage") if "coverage" in item else math.nan,
        [field for field in item if field not in FIELDS],
    )


def _pairs(value: object, place: str) -> list[tuple[float, float]]:
    if not isinstance(value, list):
        raise VideoError(f"{place} is {_shown(value)}, not a list of [start, end].")
    return [_pair(pair, f"{place}[{i}]") for i, pair in enumerate(value)]


def _pair(value: object, place: str) -> tuple[float, float]:
    if not isinstance(value, list) or len(value) != 2:
        raise VideoError(f"{place} is {_shown(value)}, not [start, end].")
    return _number(value[0], place), _number(value[1], place)


def _number(value: object, place: str) -> float:
    # A whole number too large for a float would raise in float().
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e12:
        raise VideoError(f"{place} holds {_shown(value)}, not a number of seconds.")
    return float(value)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
