"""The bytes of a caption file as text, and its text without marks."""

import codecs
import encodings
import html
import re

from nbutils.video.errors import VideoError

_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}

# <i>, </font>, <c.yellow>, <v Speaker>, and the times of single words, <00:01.500>; but not "a < b" or "<3".
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<[\d:.]*:[\d:.]*>|</>")
_POSITION = re.compile(r"\{\\[^{}]*\}")


def decoded(content: bytes, name: str, encoding: str | None) -> tuple[str, str]:
    r"""Text of a caption file with line ends "\n", and the encoding that it was read in.

    Without `encoding` it is what a byte order mark says, or UTF-8, or, where the bytes are not UTF-8, Windows-1252, the
    usual one of older files in western languages.

    Raises:
        VideoError: bytes that the encoding does not have, or an encoding that is not known.
    """
    marked = next((marked for mark, marked in _BYTE_ORDER_MARKS.items() if content.startswith(mark)), None)
    tried = [encoding] if encoding else [marked] if marked else ["utf-8", "cp1252"]
    # Python's own search: an installed package may register a codec that goes by every name.
    if encoding and encodings.search_function(encodings.normalize_encoding(encoding.lower())) is None:
        raise VideoError(f"encoding {encoding!r} is not known: give one such as 'utf-8' or 'cp1251'")
    for candidate in tried:
        try:
            text = content.decode(candidate)
        except UnicodeError:
            continue
        return text.replace("\r\n", "\n").replace("\r", "\n"), candidate
    raise VideoError(f"captions {name!r} are not in {' or '.join(tried)}: give their encoding, or save them as UTF-8")


def without_marks(text: str) -> str:
    """The words alone: without tags and positions, with the characters that entities such as &amp; stand for."""
    plain = html.unescape(_TAG.sub("", _POSITION.sub("", text))).replace("\xa0", " ")
    return "\n".join(line.strip() for line in plain.split("\n") if line.strip())
