"""Texts made worse without a change of length, so that what is worse is known and length says nothing about it."""

import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np

Words = list[str]
# Changes the word at one place, or that word and the next.
Change = Callable[[Words, int, Mapping[int, Sequence[str]], np.random.Generator], None]


def corrupt(
    text: str, kind: str, severity: float, vocabulary: Mapping[int, Sequence[str]], rng: np.random.Generator
) -> str:
    """The text with about a share `severity` of its words changed, at least one, and as many characters as before.

    Args:
        text: words and the white space between them, which stays.
        kind: "swapped" (neighbouring words change places), "shuffled" (the letters of a word do) or "foreign" (a word
            of equal length in place of it).
        severity: between 0 and 1.
        vocabulary: by length, the words that foreign ones are drawn from; see `words_by_length`.
        rng: draws places, orders and words.

    Returns:
        The changed text, or `text` itself where nothing in it can be changed in this way.
    """
    pieces = re.split(r"(\S+)", text)
    words = pieces[1::2]
    places = rng.permutation(len(words))
    wanted = max(1, round(severity * len(words)))
    for place in places:
        before = words.copy()
        CHANGES[kind](words, place, vocabulary, rng)
        wanted -= words != before
        if wanted == 0:
            break
    pieces[1::2] = words
    return "".join(pieces)


def words_by_length(texts: Sequence[str]) -> dict[int, list[str]]:
    """The different words of some texts by their length, in alphabetical order."""
    groups: dict[int, list[str]] = {}
    for word in sorted({word for text in texts for word in text.split()}):
        groups.setdefault(len(word), []).append(word)
    return groups


def _swap(words: Words, place: int, vocabulary: Mapping, rng: np.random.Generator) -> None:
    words[place : place + 2] = words[place : place + 2][::-1]


def _shuffle(words: Words, place: int, vocabulary: Mapping, rng: np.random.Generator) -> None:
    words[place] = "".join(rng.permutation(list(words[place])))


def _replace(words: Words, place: int, vocabulary: Mapping[int, Sequence[str]], rng: np.random.Generator) -> None:
    if others := vocabulary.get(len(words[place])):
        words[place] = others[rng.integers(len(others))]


CHANGES: dict[str, Change] = {"swapped": _swap, "shuffled": _shuffle, "foreign": _replace}
