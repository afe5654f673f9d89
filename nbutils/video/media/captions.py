"""Captions as a table: read from SRT and WebVTT files, and checked."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pandas as pd

from nbutils.video.errors import VideoError
from nbutils.video.media.caption_lines import WrittenCaption, written_captions
from nbutils.video.media.caption_text import decoded, without_marks


@dataclass(frozen=True)
class Captions:
    """Captions in the order of their start.

    Attributes:
        table: start, end (seconds), text; one row per caption, no two alike.
        encoding: in which the file was read.
        notes: a sentence for each thing that a user should know: an encoding that was guessed, captions out of order,
            captions that overlap or were left out.
    """

    table: pd.DataFrame
    encoding: str
    notes: tuple[str, ...]


def read_captions(path: str | Path, *, encoding: str | None = None) -> Captions:
    """Reads an SRT or WebVTT file; which of them it is does not depend on its name.

    Tags, positions, comments and styles are left out, and so are captions without text or duration. Captions are sorted
    by start; where they overlap they are kept as they are.

    Args:
        path: the file.
        encoding: such as "utf-8" or "cp1251"; None finds it out, see `caption_text.decoded`.

    Raises:
        VideoError: no such file, a wrong encoding, a time that cannot be read (with its line), or no caption at all.
    """
    file = Path(path).expanduser()
    if not file.is_file():
        raise VideoError(f"there is no caption file {str(path)!r}: check the path")
    text, used = decoded(file.read_bytes(), file.name, encoding)
    written = written_captions(text, file.name)
    kept = [caption for caption in written if caption.end > caption.start and without_marks("\n".join(caption.text))]
    if not kept:
        raise VideoError(f"{file.name!r} holds no captions: give an SRT or WebVTT file")
    table = caption_table((caption.start, caption.end, without_marks("\n".join(caption.text))) for caption in kept)
    guessed = [] if encoding or used != "cp1252" else [_guessed(file.name)]
    return Captions(table, used, (*guessed, *_left_out(written, kept), *_order(kept), *_overlaps(table)))


def caption_table(rows: Iterable[tuple[float, float, str]]) -> pd.DataFrame:
    """Rows of start, end (seconds) and text as a table, sorted by start and then end, repetitions left out."""
    table = pd.DataFrame(list(rows), columns=["start", "end", "text"])
    table = table.astype({"start": float, "end": float, "text": str})
    return table.drop_duplicates().sort_values(["start", "end"], kind="stable", ignore_index=True)


def _guessed(name: str) -> str:
    return f"captions {name!r} are not UTF-8 and were read as Windows-1252: if letters look wrong, give their encoding"


def _left_out(written: list[WrittenCaption], kept: list[WrittenCaption]) -> Iterator[str]:
    lines = [caption.line for caption in written if caption not in kept]
    if lines:
        yield f"captions without text or duration were left out: {len(lines)} (first: line {lines[0]})"


def _order(kept: list[WrittenCaption]) -> Iterator[str]:
    lines = [after.line for before, after in pairwise(kept) if after.start < before.start]
    if lines:
        yield f"captions that start before the one above them were sorted: {len(lines)} (first: line {lines[0]})"


def _overlaps(table: pd.DataFrame) -> Iterator[str]:
    begun = table["start"][table["start"] < table["end"].cummax().shift()]
    if len(begun):
        yield f"captions that begin before those above them end: {len(begun)} (first: at {begun.iloc[0]:.1f} s)"
