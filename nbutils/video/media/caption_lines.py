"""Finds the captions in the lines of an SRT or WebVTT file."""

import re
from dataclasses import dataclass, field

from nbutils.video.errors import VideoError

_TIME = re.compile(r"(?:(\d+):)?([0-5]?\d):([0-5]?\d)(?:[.,](\d{1,3}))?")
_BEGINS_LIKE_A_TIME = re.compile(r"\d+:\d")
_ARROW = "-->"
_HEADER = "WEBVTT"
# Blocks of WebVTT that are not captions.
_OTHER_BLOCKS = ("NOTE", "STYLE", "REGION")


@dataclass
class WrittenCaption:
    """A caption as it stands in the file: the number of the line of its times (from 1), seconds, lines of text."""

    line: int
    start: float
    end: float
    text: list[str] = field(default_factory=list)


def written_captions(text: str, name: str) -> list[WrittenCaption]:
    """The captions of a file in its order.

    What makes a caption is its line of times; numbers and names of captions are left out, and a text with empty lines
    in it is one text.

    Raises:
        VideoError: times that cannot be read; names their line.
    """
    found: list[WrittenCaption] = []
    previous, aside = "", False
    webvtt = text.startswith(_HEADER)
    for number, line in enumerate(map(str.strip, text.split("\n")), start=1):
        begins_block = not previous
        if begins_block:
            aside = webvtt and line.startswith((_HEADER, *_OTHER_BLOCKS))
        if not aside:
            if _is_times(line, previous, begins_block=begins_block or not found):
                _drop_name(found)
                found.append(WrittenCaption(number, *_times(line, name, number)))
            elif found:
                found[-1].text.append(line)
        previous = line
    return found


def _is_times(line: str, previous: str, *, begins_block: bool) -> bool:
    """Whether a line is one of times, well written or not; words with an arrow among them are text."""
    numbered = previous.isdecimal()
    if _ARROW in line:
        return begins_block or numbered or bool(_BEGINS_LIKE_A_TIME.match(line))
    return numbered and bool(_BEGINS_LIKE_A_TIME.match(line))


def _drop_name(found: list[WrittenCaption]) -> None:
    """Takes the number or name of the next caption from the end of the text of the last."""
    if found:
        text = found[-1].text
        if text and text[-1] and (text[-1].isdecimal() or text[-2:-1] == [""]):
            text.pop()


def _times(line: str, name: str, number: int) -> tuple[float, float]:
    start, _, rest = line.partition(_ARROW)
    # Behind the end may stand where on the screen the caption is.
    return _seconds(start.strip(), name, number), _seconds(next(iter(rest.split()), ""), name, number)


def _seconds(written: str, name: str, number: int) -> float:
    match = _TIME.fullmatch(written)
    if match is None:
        raise VideoError(
            f"line {number} of captions {name!r} has {written!r} in place of a time such as 00:01:30,500: correct it"
        )
    hours, minutes, seconds, fraction = match.groups()
    return int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds) + int((fraction or "0").ljust(3, "0")) / 1000
