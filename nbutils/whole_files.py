"""Files that appear whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_UNFINISHED = ".{name}.unfinished"


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A temporary name beside `path`, which becomes `path` when the block ends, and is removed when it fails."""
    unfinished = path.with_name(_UNFINISHED.format(name=path.name))
    try:
        yield unfinished
        os.replace(unfinished, path)
    except BaseException:
        # A folder that is a file, or is not there, holds nothing to remove.
        if path.parent.is_dir():
            unfinished.unlink(missing_ok=True)
        raise


def write_whole(path: Path, content: bytes) -> None:
    """Write `content` to a temporary name beside `path`, then rename it: `path` is never seen half-written."""
    with whole_file(path) as unfinished:
        unfinished.write_bytes(content)


def remove_unfinished(folder: Path) -> None:
    """Remove what a process that was killed inside a `whole_file` left in `folder`."""
    for unfinished in folder.glob(_UNFINISHED.format(name="*")):
        unfinished.unlink(missing_ok=True)
