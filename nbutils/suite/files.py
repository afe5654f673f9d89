"""Files that appear whole or not at all."""

import os
from pathlib import Path

from nbutils.suite.errors import OutputError

_UNFINISHED = ".{name}.unfinished"


def open_folder(folder: Path) -> None:
    """Make `folder` and its parents and check that files can be written to it.

    Raises:
        OutputError: the folder cannot be made or written; the message names it and the way out.
    """
    way_out = "choose one that you can write to (output_dir in a notebook, -o on the command line)"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise OutputError(f"Cannot make the output folder {folder}, a file is in its way; {way_out}.") from None
    except OSError as error:
        raise OutputError(f"Cannot make the output folder {folder} ({error.strerror}); {way_out}.") from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"Cannot write to the output folder {folder}; {way_out}.")


def write_whole(path: Path, content: bytes) -> None:
    """Write `content` to a temporary name beside `path`, then rename it: `path` is never seen half-written."""
    unfinished = path.with_name(_UNFINISHED.format(name=path.name))
    try:
        unfinished.write_bytes(content)
        os.replace(unfinished, path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def remove_unfinished(folder: Path) -> None:
    """Remove what a process that was killed inside `write_whole` left in `folder`."""
    for unfinished in folder.glob(_UNFINISHED.format(name="*")):
        unfinished.unlink(missing_ok=True)
