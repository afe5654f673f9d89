"""Files that a library writes, which appear whole or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nbutils.video.errors import VideoError
from nbutils.whole_files import whole_file


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A temporary name beside `path`, which becomes `path` when the block ends, and is removed when it fails.

    Raises:
        VideoError: the folder or the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as unfinished:
            yield unfinished
    except OSError as error:
        raise VideoError(f"cannot write {str(path)!r} ({error.strerror}): choose another folder.") from error
