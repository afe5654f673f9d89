"""Fingerprints of what features are made from."""

import hashlib
import json
from pathlib import Path

import pandas as pd


def file_digest(path: Path) -> str:
    """SHA-256 of a file's content, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def captions_digest(captions: pd.DataFrame) -> str:
    """SHA-256 of start, end and text of captions."""
    rows = captions[["start", "end", "text"]].to_numpy().tolist()
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()
