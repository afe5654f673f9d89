"""Folders that results are written to."""

import os
from pathlib import Path

from nbutils.suite.errors import OutputError


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
