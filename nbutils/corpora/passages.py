"""The split into training and held-out documents, and documents cut into passages."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from nbutils.corpora.sources import DOMAINS, Document

Split = Literal["training", "held-out"]
HELD_OUT_TENTH = 0
# Shorter paragraphs (a speaker's name, "Parameters", `else:`) stand in every document and give nothing away.
SHORTEST_SHARED_PARAGRAPH = 80


@dataclass(frozen=True)
class Passage:
    """A stretch of one document."""

    domain: str
    document: str
    text: str


def is_held_out(name: str) -> bool:
    """A tenth of the documents, chosen by a hash of the name: the same tenth on every machine."""
    return hash_name(name) % 10 == HELD_OUT_TENTH


def documents(domain: str, split: Split) -> Iterator[Document]:
    """Documents of one embedded domain on one side of the split.

    The training side leaves out every paragraph that also stands in a held-out document, so that boilerplate (licence
    clauses, shared docstrings) is never both learned and measured.

    Raises:
        ValueError: `domain` is not one of `DOMAINS`.
    """
    if domain not in DOMAINS:
        raise ValueError(f"domain {domain!r} is unknown: choose from {', '.join(DOMAINS)}")
    read = DOMAINS[domain]
    if split == "held-out":
        yield from read(is_held_out)
        return
    held_out = {paragraph for document in read(is_held_out) for paragraph in _long_paragraphs(document.text)}
    for document in read(lambda name: not is_held_out(name)):
        kept = [part for part in document.text.split("\n\n") if _normalised(part) not in held_out]
        if kept:
            yield Document(domain, document.name, "\n\n".join(kept))


def cut(document: Document, characters: int) -> Iterator[Passage]:
    """The document in passages of `characters` to three times as many characters; the last may be shorter.

    Passages end at blank lines, in longer paragraphs at line ends, and in longer lines anywhere.
    """
    text = ""
    for piece in _pieces(document.text, characters):
        text += piece
        if len(text) >= characters:
            yield Passage(document.domain, document.name, text)
            text = ""
    if text.strip():
        yield Passage(document.domain, document.name, text)


def _pieces(text: str, characters: int) -> Iterator[str]:
    """Paragraphs, or lines, or stretches, of at most twice `characters`; put together they are the text."""
    for paragraph in re.split(r"(?<=\n\n)(?=[^\n])", text):
        if len(paragraph) <= 2 * characters:
            yield paragraph
            continue
        for line in paragraph.splitlines(keepends=True):
            yield from (line[i : i + 2 * characters] for i in range(0, len(line), 2 * characters))


def corpus(domain: str, split: Split = "held-out", characters: int = 1000) -> list[Passage]:
    """Passages of an embedded domain in an order that mixes its documents and never changes.

    Args:
        domain: one of `plays`, `code`, `docs`, `licences`, `names`.
        split: `held-out` (a tenth of the documents, unseen by the embedded models) or `training`.
        characters: least length of a passage, in characters.

    Raises:
        ValueError: `domain` is unknown.
    """
    numbered = [(i, part) for document in documents(domain, split) for i, part in enumerate(cut(document, characters))]
    return [part for _, part in sorted(numbered, key=lambda pair: hash_name(f"{pair[1].document}#{pair[0]}"))]


def _long_paragraphs(text: str) -> Iterator[str]:
    for paragraph in text.split("\n\n"):
        normalised = _normalised(paragraph)
        if len(normalised) >= SHORTEST_SHARED_PARAGRAPH:
            yield normalised


def _normalised(paragraph: str) -> str:
    return " ".join(paragraph.split())


def hash_name(name: str) -> int:
    """A 64-bit number that depends on the name alone."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
