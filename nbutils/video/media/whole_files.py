"""Files that appear whole or not at all."""

import os
from pathlib import Path

from nbutils.video.errors import VideoError


def write_whole(path: Path, content: bytes) -> None:
    """Writes `content` to a temporary name beside `path`, then renames it: `path` is never seen half-written.

    Raises:
        VideoError: the file cannot be written.
    """
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        unfinished.write_bytes(content)
        os.replace(unfinished, path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise VideoError(f"cannot write {str(path)!r} ({error.strerror}): choose another folder") from error
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
