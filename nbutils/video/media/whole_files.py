"""Files that appear whole, or of which is said why not."""

from pathlib import Path

from nbutils import whole_files
from nbutils.video.errors import VideoError


def write_whole(path: Path, content: bytes) -> None:
    """Writes `content` to `path`, which is never seen half-written.

    Raises:
        VideoError: the file cannot be written.
    """
    try:
        whole_files.write_whole(path, content)
    except OSError as error:
        raise VideoError(f"cannot write {str(path)!r} ({error.strerror}): choose another folder") from error
