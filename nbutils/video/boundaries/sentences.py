"""Sentences and their times from captions."""

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd

from nbutils.video.errors import VideoError
from nbutils.video.metrics.tables import ordered_ends, require_columns, texts

# A mark of the end with the quotes and brackets that close after it; that of Chinese and Japanese needs no space.
_END = re.compile(r"""[.!?…]+["'”’»)\]]*(?=\s|$)|[。！？]+[」』”’）]*""")
_LAST_WORD = re.compile(r"[\w.&'’-]*$")
# Captions of sounds, and notes of music.
_NO_SPEECH = re.compile(r"\[[^\]]*\]|\([^)]*\)|♪[^♪]*♪?|♫[^♫]*♫?")
_ACRONYM = re.compile(r"[A-Z](?:\.[A-Z])+")
# Words whose full stop never ends a sentence.
_TITLES = {"mr", "mrs", "ms", "mx", "dr", "prof", "rev", "hon", "gen", "sen", "rep", "gov", "capt", "lt", "col", "sgt"}
_JOINING = {"vs", "e.g", "i.e", "cf", "viz", "approx", "ca", "st", "mt", "messrs", "al"}
# Words that stand before a number.
_NUMBERED = {"no", "nos", "nr", "fig", "figs", "vol", "pp", "p", "ch", "sec", "art", "eq", "ver"}


def find_sentences(captions: pd.DataFrame, pause: float = 2.0) -> pd.DataFrame:
    """Sentences, across captions where they go on.

    A sentence ends at a full stop, question or exclamation mark, unless the next word has a small letter or the stop
    belongs to a title, an initial or another abbreviation; and before a silence, whatever the text says. Within a
    caption time passes evenly over its letters. Captions of sounds such as "[music]" are no sentences.

    Args:
        captions: `start`, `end` (s), `text`, in any order.
        pause: s between captions after which a sentence is over; lower it for captions without punctuation.

    Returns:
        One row per sentence, in order of start: `start`, `end` (s), `text`.

    Raises:
        VideoError: a column lacks, a caption ends before it starts or has no text, or the pause is no length of time.
    """
    name = "the table of captions"
    require_columns(captions, ["start", "end", "text"], name)
    starts, ends = ordered_ends(captions, name)
    said = texts(captions, "text", name)
    if not pause >= 0:
        raise VideoError(f"a pause of {pause:g} s cannot end a sentence: choose 0 s or more.")
    spoken = [
        (start, end, " ".join(text.split()))
        for start, end, text in sorted(zip(starts, ends, said, strict=True), key=lambda row: row[:2])
        if _NO_SPEECH.sub("", text).strip()
    ]
    has_capitals = any(text != text.lower() for _, _, text in spoken)
    found = [row for stretch in _stretches(spoken, pause) for row in _sentences(stretch, has_capitals)]
    table = pd.DataFrame(found, columns=["start", "end", "text"]).astype({"start": float, "end": float, "text": str})
    return table.sort_values(["start", "end"], kind="stable", ignore_index=True)


def _stretches(spoken: list[tuple[float, float, str]], pause: float) -> Iterator[list[tuple[float, float, str]]]:
    """Captions that follow one another without a pause."""
    stretch, reached = [], -np.inf
    for caption in spoken:
        if stretch and caption[0] - reached > pause:
            yield stretch
            stretch = []
        stretch.append(caption)
        reached = max(reached, caption[1])
    if stretch:
        yield stretch


def _sentences(stretch: list[tuple[float, float, str]], has_capitals: bool) -> Iterator[tuple[float, float, str]]:
    text = " ".join(caption for _, _, caption in stretch)
    # One letter's time from its caption; the space after a caption takes none.
    begins = np.concatenate([[*np.linspace(start, end, len(words) + 1)[:-1], end] for start, end, words in stretch])
    stops = np.concatenate([[*np.linspace(start, end, len(words) + 1)[1:], end] for start, end, words in stretch])
    first = 0
    for last in (*_sentence_ends(text, has_capitals), len(text)):
        words = text[first:last].strip()
        if words:
            at = first + text[first:last].index(words[0])
            letters = slice(at, at + len(words))
            # Where captions overlap, the first letter need not be the earliest.
            yield float(begins[letters].min()), float(stops[letters].max()), words
        first = last


def _sentence_ends(text: str, has_capitals: bool) -> Iterator[int]:
    """Places in the text behind the last letter of each sentence."""
    for match in _END.finditer(text):
        word = _LAST_WORD.search(text[max(0, match.start() - 30) : match.start()])[0]
        following = text[match.end() : match.end() + 30].lstrip(" -–—\"'“‘«([")
        if not _goes_on(word, match[0], following, has_capitals):
            yield match.end()


def _goes_on(word: str, stop: str, following: str, has_capitals: bool) -> bool:
    """Whether the sentence goes on behind a word and the mark after it."""
    if has_capitals and following[:1].islower():
        return True
    if stop[0] != "." or stop.startswith("..") or not following:
        return False
    small = word.lower()
    is_initial = len(word) == 1 and word.isupper() and word != "I"
    if small in _NUMBERED:
        return following[0].isdigit()
    return is_initial or bool(_ACRONYM.fullmatch(word)) or small in _TITLES | _JOINING
