"""The plan of a sweep: which runs of which notebook a folder is for."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import nbformat
import pydantic

from nbutils.suite import project
from nbutils.suite.errors import UsageError
from nbutils.suite.notebook_parameters import check_names, declared_parameters
from nbutils.suite.sweep.package import version
from nbutils.suite.sweep.records import Run
from nbutils.suite.sweep.storage import Folder

MANIFEST = "sweep.json"
LONGEST_READABLE_NAME = 80

_CHOOSE = "choose another folder with -o DIR"


class Manifest(pydantic.BaseModel, extra="forbid"):
    """The content of `sweep.json`."""

    schema_version: Literal[1]
    notebook: str
    code_sha256: str
    nbutils: str
    """Version of the package that began the sweep."""
    begun: str
    runs: list[dict[str, Any]]
    """The parameters of each run."""


@dataclass(frozen=True)
class Plan:
    """A sweep and its folder."""

    notebook: Path
    folder: Folder
    manifest: Manifest

    @property
    def runs(self) -> list[Run]:
        """All runs of the sweep, in the grid's order."""
        return [Run(name=run_name(parameters), parameters=parameters) for parameters in self.manifest.runs]


def store(plan: Plan) -> None:
    """Write the manifest and a copy of the notebook to the sweep's folder.

    Workers read the notebook there: they may be elsewhere, and an edit meanwhile must not reach them.

    Raises:
        OutputError: the folder cannot be written.
    """
    plan.folder.write(plan.notebook.name, plan.notebook.read_bytes())
    plan.folder.write(MANIFEST, (json.dumps(plan.manifest.model_dump(), indent=1) + "\n").encode())


def default_folder(notebook: Path, parameters: Sequence[dict[str, Any]]) -> Path:
    """Return where a sweep is kept unless the user says: the same folder for the same runs, another for others."""
    names = sorted(run_name(run) for run in parameters)
    digest = hashlib.sha256(json.dumps(names).encode()).hexdigest()[:8]
    return project.root() / "results" / "sweeps" / f"{notebook.stem}-{digest}"


def begin(folder: Folder, notebook: Path, parameters: Sequence[dict[str, Any]]) -> Plan:
    """Plan a new sweep in an empty folder; nothing is written.

    Args:
        folder: where the sweep is kept.
        notebook: the notebook's file.
        parameters: the parameters of each run.

    Raises:
        UsageError: the folder holds a sweep or other files.
        OutputError: the folder cannot be read.
    """
    inside = folder.names()
    if MANIFEST in inside:
        raise UsageError(f"{folder.url} holds a sweep already; add --resume to go on with it, or {_CHOOSE}.")
    if inside:
        raise UsageError(f"{folder.url} holds other files, such as {inside[0]}; {_CHOOSE}.")
    manifest = Manifest(
        schema_version=1,
        notebook=notebook.stem,
        code_sha256=code_digest(notebook),
        nbutils=version(),
        begun=datetime.now(UTC).isoformat(timespec="seconds"),
        runs=list(parameters),
    )
    return Plan(notebook, folder, manifest)


def resume(folder: Folder, notebook: Path, parameters: Sequence[dict[str, Any]] | None) -> Plan:
    """Return the plan of a sweep that was begun; nothing is written.

    Args:
        folder: the sweep's folder.
        notebook: the notebook's file; its code must be what it was, its words and outputs may differ.
        parameters: the parameters of each run; None for what the folder says.

    Raises:
        UsageError: the folder holds no sweep, or another one.
        OutputError: the folder cannot be read.
    """
    manifest = _manifest(folder)
    if manifest.notebook != notebook.stem:
        raise UsageError(f"{folder.url} holds a sweep of {manifest.notebook}, not of {notebook.stem}; {_CHOOSE}.")
    if manifest.code_sha256 != code_digest(notebook):
        raise UsageError(f"The code of {notebook.stem} has changed since {folder.url} was begun; {_CHOOSE}.")
    if parameters is not None:
        given, begun = {run_name(run) for run in parameters}, {run_name(run) for run in manifest.runs}
        if given != begun:
            raise UsageError(
                f"{folder.url} holds a sweep of {notebook.stem} with another grid: {len(given - begun)} of these runs "
                f"are not in it and {len(begun - given)} of its runs are not among these; {_CHOOSE}, or leave the grid "
                "out to resume it."
            )
    check_names(notebook, declared_parameters(notebook), {name for run in manifest.runs for name in run})
    return Plan(notebook, folder, manifest)


def _manifest(folder: Folder) -> Manifest:
    content = folder.read(MANIFEST)
    if content is None:
        raise UsageError(f"{folder.url} holds no sweep to resume; leave --resume out to begin one.")
    try:
        return Manifest.model_validate_json(content)
    except pydantic.ValidationError:
        raise UsageError(f"{folder.url}/{MANIFEST} does not describe a sweep; {_CHOOSE}.") from None


def run_name(parameters: dict[str, Any]) -> str:
    """Return the name of a run's folder: readable, and the same for the same parameters in any order."""
    ordered = dict(sorted(parameters.items()))
    words = "_".join(f"{name}-{value}" for name, value in ordered.items())
    readable = re.sub(r"[^A-Za-z0-9_.-]+", "-", words)[:LONGEST_READABLE_NAME].strip("-.")
    return f"{readable}-{hashlib.sha256(json.dumps(ordered).encode()).hexdigest()[:10]}".lstrip("-")


def code_digest(notebook: Path) -> str:
    """Return the SHA-256 digest of a notebook's code cells with their tags.

    Raises:
        UsageError: the file is not a notebook.
    """
    try:
        cells = nbformat.read(notebook, as_version=4).cells
    except Exception as error:  # nbformat raises errors of many unrelated kinds
        raise UsageError(f"Cannot read {notebook} as a notebook ({type(error).__name__}).") from None
    code = [[cell.source, cell.metadata.get("tags", [])] for cell in cells if cell.cell_type == "code"]
    return hashlib.sha256(json.dumps(code).encode()).hexdigest()
