"""Where the project's notebooks and results are."""

import tomllib
from difflib import get_close_matches
from pathlib import Path

from nbutils.suite.errors import UsageError

INDEX = "index"
"""The notebook that leads to the others; it has no question and no findings of its own."""


def root() -> Path:
    """Return the folder of the source tree, or the working directory when nbutils is installed as a wheel."""
    folder = Path(__file__).resolve().parents[2]
    try:
        metadata = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Path.cwd()
    return folder if metadata.get("project", {}).get("name") == "nbutils" else Path.cwd()


def results_folder(notebook: str) -> Path:
    """Return the folder that holds the results of `notebook` unless the user names another."""
    return root() / "results" / notebook


def notebooks() -> dict[str, Path]:
    """Return the project's notebooks but the index, name -> absolute path, in alphabetical order."""
    return {path.stem: path for path in sorted((root() / "notebooks").glob("*.ipynb")) if path.stem != INDEX}


def find_notebook(name_or_path: str) -> Path:
    """Return the absolute path of a notebook given by its name (`router_norms`) or by its path.

    Raises:
        UsageError: there is no such notebook; the message lists those that exist.
    """
    available = notebooks()
    if name_or_path in available:
        return available[name_or_path]
    path = Path(name_or_path).expanduser().absolute()
    if path.suffix == ".ipynb" and path.is_file():
        return path
    raise UsageError(f"There is no notebook {name_or_path!r}{suggestion(name_or_path, available)}.")


def suggestion(wrong: str, available: dict | list[str]) -> str:
    """Return the end of an error sentence that offers the name meant by `wrong` and all available ones."""
    closest = get_close_matches(wrong, available, n=1)
    meant = f"; did you mean {closest[0]!r}" if closest else ""
    return f"{meant}; available are {', '.join(available) or 'none'}"
