"""A gallery's folder: it appears whole, and replaces nothing but a gallery."""

import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from nbutils.suite import folders
from nbutils.suite.errors import OutputError

LIST = "gallery.json"
_WAY_OUT = "choose another folder with -o DIR"


def check_replaceable(folder: Path) -> None:
    """Check that a folder is missing, empty, or a gallery to which nothing was added.

    Raises:
        OutputError: it holds something else.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        raise OutputError(f"Cannot make the gallery in {folder}, a file is in its way; {_WAY_OUT}.")
    if not any(folder.iterdir()):
        return
    try:
        own = set(json.loads((folder / LIST).read_text(encoding="utf-8"))["files"])
    except (OSError, ValueError, KeyError, TypeError):
        raise OutputError(f"{folder} holds files and is not a gallery, so it is left as it is; {_WAY_OUT}.") from None
    present = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
    if foreign := sorted(present - own - {LIST}):
        raise OutputError(
            f"{folder} holds {foreign[0]}, which is not of its gallery, so it is left as it is; move that file, or "
            f"{_WAY_OUT}."
        )


def publish(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write a gallery beside `folder`, then put it in the folder's place.

    Args:
        folder: the gallery's folder.
        contents: its files, name relative to the folder -> content.

    Raises:
        OutputError: the folder holds something else than a gallery, or cannot be written.
    """
    folder = folder.resolve()
    check_replaceable(folder)
    folders.open_folder(folder.parent)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as beside:
        finished, replaced = Path(beside, "finished"), Path(beside, "replaced")
        try:
            _write(finished, contents)
            if folder.exists():
                os.rename(folder, replaced)
            try:
                os.rename(finished, folder)
            except BaseException:
                with suppress(FileNotFoundError):
                    os.rename(replaced, folder)
                raise
        except OSError as error:
            raise OutputError(f"Cannot write the gallery to {folder} ({error.strerror}); {_WAY_OUT}.") from None


def _write(folder: Path, contents: Mapping[str, bytes]) -> None:
    for name, content in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    listed = {"made_by": "python -m nbutils gallery", "files": sorted(contents)}
    (folder / LIST).write_text(json.dumps(listed, indent=1) + "\n", encoding="utf-8")
