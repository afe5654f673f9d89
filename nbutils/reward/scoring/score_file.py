"""A file of scores that grows by a batch at a time, so that an interrupted run goes on where it stopped.

JSON lines, each with the key of a text under one model and its score. Many models may share a file.
"""

import hashlib
import json
import math
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from nbutils.models import LoadedModel
from nbutils.reward.errors import RewardDataError
from nbutils.reward.scoring.encoding import Encoded

LINE_START = '{"key": "'


def keys_of(loaded: LoadedModel, texts: Iterable[Encoded]) -> list[str]:
    """A key for each text that changes with its tokens and with the model: name, class, dtype and a sample of weights.

    The weights are in it because a folder may hold a model that has been trained further since.
    """
    model = hashlib.sha256(f"{loaded.name}\n{type(loaded.model).__name__}\n{loaded.model.dtype}".encode())
    for name, weight in loaded.model.named_parameters():
        values = "" if weight.device.type == "meta" else weight.flatten()[:8].float().tolist()
        model.update(f"\n{name} {values}".encode())
    return [_key(model.digest(), text) for text in texts]


def _key(model: bytes, text: Encoded) -> str:
    types = b"" if text.types is None else text.types.tobytes()
    return hashlib.sha256(model + text.ids.tobytes() + b"|" + types).hexdigest()


def read_scores(path: Path) -> dict[str, float]:
    """Scores by key; none where there is no file. A last line that was cut short is removed from the file.

    Raises:
        RewardDataError: the file cannot be read or written, or a line is not a score; file and line are named.
    """
    try:
        with path.open("ab"):
            content = path.read_bytes()
    except OSError as error:
        raise RewardDataError(
            f"scores cannot be kept in {str(path)!r} ({error.strerror}): choose another file"
        ) from error
    *lines, tail = content.split(b"\n")
    scores = dict(_parsed(line, number, path) for number, line in enumerate(lines, 1))
    if tail:
        start = LINE_START.encode()
        if not tail.startswith(start[: len(tail)]):
            raise _foreign(path, len(lines) + 1)
        os.truncate(path, len(content) - len(tail))
    return scores


def append_scores(path: Path, scores: Mapping[str, float]) -> None:
    """Adds one line for each score, in one write that is on disk when the function returns."""
    lines = "".join(json.dumps({"key": key, "score": score}) + "\n" for key, score in scores.items())
    with path.open("ab", buffering=0) as file:
        file.write(lines.encode())
        os.fsync(file.fileno())


def _parsed(line: bytes, number: int, path: Path) -> tuple[str, float]:
    try:
        row = json.loads(line)
        key, score = row["key"], float(row["score"])
    except (ValueError, TypeError, KeyError):
        raise _foreign(path, number) from None
    if not math.isfinite(score):
        raise _foreign(path, number)
    return key, score


def _foreign(path: Path, number: int) -> RewardDataError:
    return RewardDataError(
        f"line {number} of {str(path)!r} is not a kept score: name a new file, or one of an earlier run"
    )
