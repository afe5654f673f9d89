"""What a new notebook and its parts are called, checked before anything is written."""

import keyword
import re
from dataclasses import dataclass
from pathlib import Path

from nbutils.suite import project
from nbutils.suite.errors import UsageError

LONGEST_NAME = 28
"""So that every line that holds the names is at most 120 characters long."""
LONGEST_TITLE = 120

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
# Names that the notebook's cells give to other things.
_TAKEN_IN_THE_NOTEBOOK = ("observations", "effect", "seed", "output_dir", "suite", "run", "values", "means", "figure")
# Packages that all themes use.
_SHARED = ("suite", "models", "corpora", "kernels", "statistics", "progress")


@dataclass(frozen=True)
class Names:
    """The names of a notebook that is to be made."""

    name: str
    title: str
    package: tuple[str, ...]
    """Folders of its package and of its tests below `nbutils` and `tests`: a theme, or a theme and a room in it."""

    @property
    def parameters(self) -> str:
        """Name of the class that declares its parameters."""
        return "".join(part.capitalize() for part in self.name.split("_"))

    @property
    def notebook(self) -> Path:
        """Its file."""
        return project.root() / "notebooks" / f"{self.name}.ipynb"

    @property
    def package_folder(self) -> Path:
        """Folder of its package."""
        return project.root().joinpath("nbutils", *self.package)

    @property
    def test_folder(self) -> Path:
        """Folder of its tests."""
        return project.root().joinpath("tests", *self.package)


def checked(name: str, title: str | None, theme: str | None) -> Names:
    """Return the names of a new notebook; nothing of these names exists yet.

    Args:
        name: of the notebook.
        title: its question; None for the name in words.
        theme: package below `nbutils`, in which the notebook gets a room where it exists and which is the notebook's
            own where it does not; None for the name.

    Raises:
        UsageError: a name is no name or is taken, or this is no source tree.
    """
    if not (project.root() / "nbutils").is_dir() or not (project.root() / "notebooks").is_dir():
        raise UsageError(f"{project.root()} is no source tree of nbutils; make a new notebook in a clone of it.")
    theme = name if theme is None else theme
    for given in dict.fromkeys((name, theme)):
        _check_name(given)
    in_a_theme = theme != name and (project.root() / "nbutils" / theme).is_dir()
    title = name.replace("_", " ").capitalize() if title is None else title.strip()
    if not title or len(title.splitlines()) > 1 or len(title) > LONGEST_TITLE:
        raise UsageError(f"The title {title!r} must be one line of 1 to {LONGEST_TITLE} characters.")
    names = Names(name, title, (theme, name) if in_a_theme else (theme,))
    for path in (names.notebook, names.package_folder, names.package_folder.with_suffix(".py"), names.test_folder):
        if path.exists():
            raise UsageError(f"{path.relative_to(project.root())} exists already; choose another name.")
    return names


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        raise UsageError(
            f"{name!r} is no name for a notebook: at most {LONGEST_NAME} lower-case letters and digits, words joined "
            "by '_', a letter first, such as reward_calibration."
        )
    if keyword.iskeyword(name) or name == project.INDEX or name in (*_TAKEN_IN_THE_NOTEBOOK, *_SHARED):
        raise UsageError(f"The name {name!r} has another meaning in the project; choose one of a question.")
