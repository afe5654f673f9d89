"""What is kept of each run: its start, and how it ended. The tables are made from these records alone."""

from collections.abc import Iterable
from typing import Any, Literal

import pydantic

from nbutils.suite.errors import OutputError
from nbutils.suite.findings import Finding
from nbutils.suite.sweep.storage import Folder

RECORD = "sweep_record.json"
"""Name of a record in its run's folder, which a notebook is not likely to use."""

Status = Literal["ok", "failed", "timed out", "lost"]


class Run(pydantic.BaseModel, frozen=True):
    """One run of a sweep, before it starts."""

    name: str
    parameters: dict[str, Any]


class Start(pydantic.BaseModel):
    """That a run was started; one that never ends leaves no other trace."""

    worker: str
    started: str


class Record(pydantic.BaseModel):
    """How a run ended; it is written last, so that where it is, the run's files are complete."""

    run: str
    parameters: dict[str, Any]
    status: Status
    error: str | None
    seconds: float
    """Time of the execution, without waiting."""
    attempts: int
    """How often the run was started, in all invocations of the sweep."""
    worker: str
    started: str
    finished: str
    nbutils: str
    """Version of the package that made the run."""
    findings: list[Finding] = []
    files: list[str] = []
    """What belongs to the run in its folder."""


def folder_of(run: str) -> str:
    """Return where a run's files are, below the sweep's folder."""
    return f"runs/{run}"


def record_name(run: str) -> str:
    """Return where a run's record is, below the sweep's folder."""
    return f"{folder_of(run)}/{RECORD}"


def read_records(folder: Folder, runs: Iterable[str]) -> dict[str, Record]:
    """Return the records of those runs that have ended, by run.

    Raises:
        OutputError: the folder cannot be read, or a record is damaged.
    """
    contents = folder.read_all([record_name(run) for run in runs])
    return {record.run: record for record in (_parsed(folder, *item) for item in contents.items())}


def _parsed(folder: Folder, name: str, content: bytes) -> Record:
    try:
        record = Record.model_validate_json(content)
    except pydantic.ValidationError:
        record = None
    if record is None or record_name(record.run) != name:
        raise OutputError(f"{folder.url}/{name} is damaged; delete it and make the run again with --resume.")
    return record


def note_start(folder: Folder, run: str, invocation: str, start: Start, identity: str) -> None:
    """Write down that a run starts; `identity` tells this start from the run's others."""
    folder.write(f"{_starts_of(run)}/{invocation}-{identity}.json", start.model_dump_json().encode())


def starts(folder: Folder, run: str) -> list[str]:
    """Return one entry for each start of a run: its invocation, a dash, its identity."""
    return folder.names(_starts_of(run))


def _starts_of(run: str) -> str:
    return f"starts/{run}"
