"""What can be counted in a response: its length and its marks of style.

| name | what is counted |
|---|---|
| `chars` | Unicode characters, white space included |
| `words` | runs of anything but white space |
| `headers` | lines that begin with at most three spaces, one to six `#` and a space or tab |
| `lists` | lines that begin, at any indentation, with `-`, `+`, `*` or a number and `.` or `)`, then a space or tab |
| `bold` | `**x**` and `__x__` within a line, where x neither begins nor ends with a space; `__` inside a word is none |
| `exclamations` | exclamation marks |
| `code` | blocks fenced by three or more backticks or tildes, at any indentation; one never closed reaches to the end |

Headers, lists, bold and exclamation marks are those of the prose: the lines of fenced blocks, and code between single
backticks within a line, are left out, so that a comment in Python is no header and `!=` is no exclamation.
"""

import re
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pandas as pd

from nbutils.reward.errors import RewardDataError

INLINE_CODE = re.compile(r"`[^`\n]+`")
# A leading newline lets the engine skip from line to line, which is several times faster than `^`.
FENCE = re.compile(r"\n[ \t]*(`{3,}|~{3,})([^\n]*)")
HEADER = re.compile(r"\n {0,3}#{1,6}[ \t]")
LIST_ITEM = re.compile(r"\n[ \t]*(?:[-+*]|[0-9]{1,9}[.)])[ \t]")
# Neither form can match in two ways, so that no text takes more than linear time.
STARRED = re.compile(r"\*\*(?=[^\s*])[^*\n]+(?<=\S)\*\*")
UNDERSCORED = re.compile(r"(?<!\w)__(?=[^\s_])(?:[^_\n]|_(?!_))+(?<=\S)__(?!\w)")


def _words(text: str) -> int:
    return len(text.split())


def _headers(prose: str) -> int:
    return len(HEADER.findall("\n" + prose)) if "#" in prose else 0


def _lists(prose: str) -> int:
    return len(LIST_ITEM.findall("\n" + prose))


def _bold(prose: str) -> int:
    starred = len(STARRED.findall(prose)) if "**" in prose else 0
    return starred + (len(UNDERSCORED.findall(prose)) if "__" in prose else 0)


def _exclamations(prose: str) -> int:
    return prose.count("!")


COUNTED_IN_TEXT: dict[str, Callable[[str], int]] = {"chars": len, "words": _words}
COUNTED_IN_PROSE: dict[str, Callable[[str], int]] = {
    "headers": _headers,
    "lists": _lists,
    "bold": _bold,
    "exclamations": _exclamations,
}
CHARACTERISTICS = (*COUNTED_IN_TEXT, *COUNTED_IN_PROSE, "code")


def characteristics_of(texts: Iterable[str], names: Sequence[str]) -> pd.DataFrame:
    """Counts of each text; equal texts are looked at once.

    Args:
        texts: [n] responses.
        names: of `CHARACTERISTICS`.

    Returns:
        [n, names] float64, with the index of `texts` where it is a Series.

    Raises:
        RewardDataError: a name is unknown, or a text is missing or no string.
    """
    if unknown := [name for name in names if name not in CHARACTERISTICS]:
        raise RewardDataError(f"no characteristic is called '{unknown[0]}': choose among {', '.join(CHARACTERISTICS)}")
    series = texts if isinstance(texts, pd.Series) else pd.Series(list(texts), dtype=object)
    codes, different = pd.factorize(series)
    no_text = codes < 0
    if not_strings := [position for position, text in enumerate(different) if not isinstance(text, str)]:
        no_text |= np.isin(codes, not_strings)
    if no_text.any():
        raise RewardDataError(
            f"text {int(no_text.argmax()) + 1} of {len(series)} is missing or no string: give it, or drop its row"
        )
    counts = _counts([*different], names)
    return pd.DataFrame({name: counts[name][codes] for name in names}, index=series.index)


def with_characteristics(pairs: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Pairs with `chosen_<name>` and `rejected_<name>`; those that are missing are counted in the texts.

    Args:
        pairs: with `chosen_text` and `rejected_text` wherever a characteristic is missing.
        names: characteristics; one that the pairs have already may be any name.

    Raises:
        RewardDataError: a characteristic is missing that cannot be counted, or has no text to be counted in; the
            message names the row and column.
    """
    added = {}
    for side in ("chosen", "rejected"):
        missing = [name for name in names if f"{side}_{name}" not in pairs]
        if missing:
            counts = characteristics_of(_given_texts(pairs, f"{side}_text", missing), missing)
            added |= {f"{side}_{name}": counts[name] for name in missing}
    return pairs.assign(**added)


def _given_texts(pairs: pd.DataFrame, column: str, names: Sequence[str]) -> pd.Series:
    side = column.removesuffix("_text")
    if column not in pairs:
        raise RewardDataError(
            f"the pairs have neither {column} nor {side}_{names[0]}: give the texts, or the characteristic as a column"
        )
    absent = pairs[column].isna().to_numpy()
    if absent.any():
        row = int(absent.argmax())
        raise RewardDataError(
            f"row {row + 1} (pair '{pairs['pair_id'].iloc[row]}' of model '{pairs['model'].iloc[row]}') has no "
            f"{column} to count its {names[0]} in: give the text, or drop the pair"
        )
    return pairs[column]


def _counts(texts: list[str], names: Sequence[str]) -> dict[str, np.ndarray]:
    counts = {name: [COUNTED_IN_TEXT[name](text) for text in texts] for name in names if name in COUNTED_IN_TEXT}
    if len(counts) < len(names):
        split = [_prose_and_blocks(text) for text in texts]
        counts |= {
            name: [blocks for _, blocks in split]
            if name == "code"
            else [COUNTED_IN_PROSE[name](prose) for prose, _ in split]
            for name in names
            if name not in COUNTED_IN_TEXT
        }
    return {name: np.array(values, dtype=float) for name, values in counts.items()}


def _prose_and_blocks(text: str) -> tuple[str, int]:
    """The text without its code, and how many fenced blocks it had."""
    blocks = 0
    if "```" in text or "~~~" in text:
        text, blocks = _without_fenced_blocks(text)
    # Two backticks stay, so that `**` around a piece of code is still around something.
    return (INLINE_CODE.sub("``", text) if "`" in text else text), blocks


def _without_fenced_blocks(text: str) -> tuple[str, int]:
    lines, prose, fence, blocks, begin = "\n" + text, [], "", 0, 0
    for line in FENCE.finditer(lines):
        mark, rest = line.groups()
        if fence:
            if mark.startswith(fence) and not rest.strip():
                fence, begin = "", line.end()
        elif mark[0] == "~" or "`" not in rest:
            prose.append(lines[begin : line.start()])
            fence, blocks = mark, blocks + 1
    if not fence:
        prose.append(lines[begin:])
    return "".join(prose).removeprefix("\n"), blocks
