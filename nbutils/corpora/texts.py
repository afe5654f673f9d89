"""What a notebook's `text` parameter may name: embedded domains, the user's files, Hugging Face data sets."""

import itertools
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from nbutils.corpora.passages import Passage, corpus, cut
from nbutils.corpora.sources import DOMAINS, Document

TEXT_SUFFIXES = {".txt", ".md", ".rst", ".py"}
PASSAGE_CHARACTERS = 500


class TextError(ValueError):
    """A text cannot be read or holds nothing."""


def read(text: str) -> dict[str, Iterator[Passage]]:
    """Passages of each source named in `text`, read as they are consumed.

    Args:
        text: comma-separated sources. Each is a domain of the embedded corpora (its held-out tenth is read), a text
            file or a folder of them (UTF-8), or a Hugging Face data set as `name`, `name:configuration` or
            `name:configuration:split`.

    Raises:
        TextError: a source is none of these, or cannot be decoded.
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise TextError(f"text is empty: name a domain ({', '.join(DOMAINS)}), a text file or a Hugging Face data set.")
    return {name: _read_source(name) for name in names}


def _read_source(name: str) -> Iterator[Passage]:
    if name in DOMAINS:
        return _held_out(name)
    path = Path(name).expanduser()
    if path.exists():
        return itertools.chain.from_iterable(cut(document, PASSAGE_CHARACTERS) for document in _read_files(path))
    if path.suffix in TEXT_SUFFIXES or name.startswith((".", "/", "~")):
        raise TextError(f"text {name!r} is not there: check the path, or name a domain ({', '.join(DOMAINS)}).")
    if name.count(":") > 2:
        raise TextError(f"text {name!r} cannot be read: write a data set as name:configuration:split.")
    return _read_data_set(*name.split(":"))


def _held_out(domain: str) -> Iterator[Passage]:
    yield from _passages_of(domain)


@cache
def _passages_of(domain: str) -> list[Passage]:
    """Kept, as cutting the docstrings of thousands of modules takes seconds and every model reads the same."""
    return corpus(domain, "held-out", PASSAGE_CHARACTERS)


def _read_files(path: Path) -> Iterator[Document]:
    files = sorted(file for file in path.rglob("*") if file.suffix in TEXT_SUFFIXES) if path.is_dir() else [path]
    if not files:
        raise TextError(f"folder {str(path)!r} has no text file ({', '.join(sorted(TEXT_SUFFIXES))}).")
    for file in files:
        try:
            yield Document(path.stem, file.name, file.read_text("utf-8"))
        except UnicodeDecodeError as error:
            raise TextError(f"text file {str(file)!r} is not UTF-8 (byte {error.start}): save it as UTF-8.") from None


def _read_data_set(name: str, configuration: str | None = None, split: str | None = None) -> Iterator[Passage]:
    import datasets
    import huggingface_hub

    offline = huggingface_hub.constants.is_offline_mode()
    try:
        if not offline:
            huggingface_hub.dataset_info(name)  # fails at once where the data set library would retry for half a minute
        splits = datasets.get_dataset_split_names(name, configuration)
        if split is not None and split not in splits:
            raise TextError(f"data set {name!r} has no split {split!r}: choose from {', '.join(splits)}.")
        chosen = split or ("test" if "test" in splits else splits[0])
        rows = datasets.load_dataset(name, configuration, split=chosen, streaming=not offline)
        first = next(iter(rows))
    except TextError:
        raise
    except Exception as error:  # the library raises a dozen unrelated types for a name that it cannot load
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise TextError(
            f"text {name!r} is no domain ({', '.join(DOMAINS)}), no file, and no data set that can be read ({reason})"
            + ("." if offline else "; for a cached copy set HF_HUB_OFFLINE=1.")
        ) from None
    columns = [column for column, value in first.items() if isinstance(value, str)]
    if not columns:
        raise TextError(f"data set {name!r} has no text column: its columns are {', '.join(first)}.")
    column = "text" if "text" in columns else columns[0]
    documents = (Document(name, str(i), row[column]) for i, row in enumerate(rows) if row[column])
    return itertools.chain.from_iterable(cut(document, PASSAGE_CHARACTERS) for document in documents)
