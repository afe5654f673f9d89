"""Files that a library writes, which appear whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nbutils.video.errors import VideoError


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A temporary name beside `path`, which becomes `path` when the block ends, and is removed when it fails.

    Raises:
        VideoError: the folder or the file cannot be written.
    """
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield unfinished
        os.replace(unfinished, path)
    except OSError as error:
        raise VideoError(f"cannot write {str(path)!r} ({error.strerror}): choose another folder.") from error
    finally:
        if path.parent.is_dir():
            unfinished.unlink(missing_ok=True)
