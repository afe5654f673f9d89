"""Which notebooks and sweeps a gallery shows."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from nbutils.suite import project
from nbutils.suite.errors import UsageError
from nbutils.suite.findings import read_findings

_SWEEP_FILES = ("sweep.json", "findings.parquet", "runs.parquet")


@dataclass(frozen=True)
class Sources:
    """What a gallery is made of."""

    notebooks: list[Path]
    sweeps: list[Path]
    """Folders."""


def sources(given: Iterable[str]) -> Sources:
    """Return the notebooks and sweeps that the command line names; without names, those of the project.

    Args:
        given: names or files of notebooks, folders of results, and folders of sweeps. A name means the executed
            notebook in the project's results where that is complete, else the notebook itself.

    Raises:
        UsageError: there is nothing to show, in all or in one of the folders.
    """
    found = [_named(name) for name in given] or [_of_the_project()]
    # What is named twice is shown once.
    notebooks = dict.fromkeys(path for each in found for path in each.notebooks)
    sweeps = dict.fromkeys(path for each in found for path in each.sweeps)
    if not notebooks and not sweeps:
        raise UsageError(f"There is no notebook and no sweep in {project.root()}; name one, or a folder of results.")
    return Sources(list(notebooks), list(sweeps))


def failed_rerun(notebook: Path) -> Path | None:
    """Return the notebook that a later, failed run left beside the results of an earlier one."""
    folder = project.results_folder(notebook.stem) if _is_of_project(notebook) else notebook.parent
    failed = folder / f"{notebook.stem}.failed.ipynb"
    return failed if failed.is_file() else None


def _of_the_project() -> Sources:
    places = _places(project.root() / "results")
    paths = {name: _best(path) for name, path in project.notebooks().items()}
    paths |= {folder.name: folder / f"{folder.name}.ipynb" for folder in places if _is_complete(folder)}
    return Sources([paths[name] for name in sorted(paths)], [place for place in places if _is_sweep(place)])


def _named(name: str) -> Sources:
    folder = Path(name).expanduser().absolute()
    if not folder.is_dir():
        return Sources([_best(project.find_notebook(name))], [])
    places = _places(folder)
    sweeps = [place for place in places if _is_sweep(place)]
    notebooks = [path for place in places if place not in sweeps for path in _notebooks(place)]
    if not sweeps and not notebooks:
        raise UsageError(f"There is no notebook and no sweep in {folder}.")
    return Sources(notebooks, sweeps)


def _places(folder: Path, levels: int = 2) -> list[Path]:
    """Return a folder and those below it, without what is inside a sweep."""
    if _is_sweep(folder) or levels == 0:
        return [folder]
    below = sorted(path for path in folder.glob("[!.]*") if path.is_dir())
    return [folder, *(place for path in below for place in _places(path, levels - 1))]


def _notebooks(folder: Path) -> list[Path]:
    """Return the notebooks in a folder; of NAME.ipynb and NAME.failed.ipynb the first, which has results."""
    paths = [path for path in folder.glob("[!.]*.ipynb") if path.is_file()]
    with_results = {path.stem for path in paths}
    return sorted(path for path in paths if path.stem.removesuffix(".failed") not in with_results - {path.stem})


def _is_sweep(folder: Path) -> bool:
    return any((folder / name).is_file() for name in _SWEEP_FILES)


def _best(notebook: Path) -> Path:
    """Return the executed form of a project's notebook in the results where that is complete, else the notebook."""
    folder = project.results_folder(notebook.stem)
    return folder / notebook.name if _is_of_project(notebook) and _is_complete(folder) else notebook


def _is_of_project(notebook: Path) -> bool:
    return project.notebooks().get(notebook.stem) == notebook


def _is_complete(folder: Path) -> bool:
    """Return whether a folder's notebook is the one that its findings come from."""
    try:
        findings = json.loads((folder / "findings.json").read_text(encoding="utf-8"))
        return read_findings(folder / f"{folder.name}.ipynb") == findings
    except (OSError, ValueError):
        return False
