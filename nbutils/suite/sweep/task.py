"""One run of a sweep, as a worker of the cluster executes it."""

import logging
import socket
import tempfile
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import distributed

from nbutils.suite.errors import UsageError
from nbutils.suite.execution import Outcome, Task, execute
from nbutils.suite.sweep import gpus, kernels, package
from nbutils.suite.sweep.records import (
    RECORD,
    Record,
    Run,
    Start,
    Status,
    folder_of,
    note_start,
    read_records,
    record_name,
    starts,
)
from nbutils.suite.sweep.storage import Folder

_stopped: set[str] = set()
"""Invocations that have ended; what still runs for them in this process is not kept."""

_executing: set[str] = set()
"""Scratch folders of the runs that this process executes."""

_KILL_AGAIN_S = 0.2


@dataclass(frozen=True)
class Job:
    """What all runs of one invocation share."""

    invocation: str
    """Identity of this invocation of the command."""
    url: str
    """The sweep's folder."""
    notebook: str
    """The notebook's name."""
    timeout_s: float | None
    """Longest time of one run."""
    retries: int
    """How often a run starts again in this invocation when its worker is lost."""
    version: str
    """The nbutils that a worker must have."""


class StoppedError(Exception):
    """The invocation ended while a run was executed for it."""


def check_worker(job: Job) -> str | None:
    """Say why this process cannot execute runs of `job`; None when it can."""
    if package.version() != job.version:
        return f"has nbutils {package.version()}, not {job.version}; install the same on all workers"
    if f"{job.notebook}.ipynb" not in Folder(job.url).names():
        return f"does not see {job.url}; choose a folder or URL that all workers share with -o"
    return None


def stop(invocation: str) -> None:
    """End what this process executes for an invocation and keep nothing of it."""
    _stopped.add(invocation)
    threading.Thread(target=_end_runs, args=(_mark(invocation),), daemon=True).start()


def _end_runs(mark: str) -> None:
    # Again and again: a kernel may be about to start.
    while any(mark in scratch for scratch in list(_executing)):
        kernels.kill_kernels(mark)
        time.sleep(_KILL_AGAIN_S)


def execute_run(job: Job, run: Run) -> Record:
    """Execute a run and keep its files and its record; called by Dask.

    The run happens in a folder of the worker's own; its files are copied to the sweep's folder at the end and the
    record follows when all are there. A run that has a good record is not executed again: Dask repeats a task whose
    result was on a worker that it lost.

    Raises:
        UsageError: this worker has another nbutils than the sweep was started with, or wrong GPUs.
        OutputError: the sweep's folder cannot be read or written.
        StoppedError: the invocation ended meanwhile.
    """
    if package.version() != job.version:
        raise UsageError(f"Worker {_place()} {check_worker(job)}.")
    folder = Folder(job.url)
    done = read_records(folder, [run.name]).get(run.name)
    if done and done.status == "ok":
        return done
    earlier = [start for start in starts(folder, run.name) if start.startswith(job.invocation)]
    start = Start(worker=_place(), started=_now())
    if len(earlier) > job.retries:
        error = f"its worker was lost each time it was started ({len(earlier)} times)"
        return _keep(job, folder, run, start, Outcome(job.notebook, 0.0, None, error), "lost", {})
    note_start(folder, run.name, job.invocation, start, uuid.uuid4().hex)
    worker = distributed.get_worker()
    with (
        tempfile.TemporaryDirectory(prefix=_mark(job.invocation), dir=worker.local_directory) as scratch,
        gpus.own_gpu(int(worker.state.total_resources.get(gpus.RESOURCE, 0))) as environment,
    ):
        results = Path(scratch) / job.notebook
        _executing.add(scratch)
        try:
            outcome, status = _executed(job, folder, run, Path(scratch), results, environment)
        finally:
            _executing.discard(scratch)
        if job.invocation in _stopped:
            raise StoppedError(run.name)
        return _keep(job, folder, run, start, outcome, status, _files_below(results))


def _executed(
    job: Job, folder: Folder, run: Run, scratch: Path, results: Path, environment: Mapping[str, str]
) -> tuple[Outcome, Status]:
    # What papermill logs is in the outcome too.
    logging.getLogger("papermill").setLevel(logging.CRITICAL + 1)
    notebook = scratch / f"{job.notebook}.ipynb"
    notebook.write_bytes(folder.read(notebook.name))
    results.mkdir()
    with kernels.time_limit(job.timeout_s, str(scratch)) as time_is_up:
        outcome = execute(Task(notebook, run.parameters, results, environment), scratch, {"disable": True})
    if outcome.failure is None:
        return outcome, "ok"
    if not time_is_up.is_set():
        return outcome, "failed"
    # The rest of the sentence tells of the kernel that was killed.
    cell, _, _ = outcome.failure.partition(": DeadKernelError")
    where = f", in {cell}" if cell.startswith("cell [") else ""
    failure = f"ended after the time limit of {job.timeout_s:g} s{where}"
    return Outcome(outcome.name, outcome.seconds, None, failure), "timed out"


def _keep(
    job: Job, folder: Folder, run: Run, start: Start, outcome: Outcome, status: Status, files: dict[str, Path]
) -> Record:
    """Copy a run's files and its record to the sweep's folder, unless another start of it has finished meanwhile."""
    done = read_records(folder, [run.name]).get(run.name)
    if done and done.status == "ok":
        return done
    for name, path in files.items():
        folder.copy(f"{folder_of(run.name)}/{name}", path)
    record = Record(
        run=run.name,
        parameters=run.parameters,
        status=status,
        error=outcome.failure,
        seconds=round(outcome.seconds, 3),
        attempts=len(starts(folder, run.name)),
        worker=start.worker,
        started=start.started,
        finished=_now(),
        nbutils=job.version,
        findings=outcome.findings or [],
        files=list(files),
    )
    folder.write(record_name(run.name), (record.model_dump_json(indent=1) + "\n").encode())
    # What an earlier, failed start left does not belong to this one; what begins with a dot another is still writing.
    own = {RECORD, *(name.partition("/")[0] for name in files)}
    for stale in set(folder.names(folder_of(run.name))) - own:
        if not stale.startswith("."):
            folder.remove(f"{folder_of(run.name)}/{stale}")
    return record


def _files_below(folder: Path) -> dict[str, Path]:
    return {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}


def _mark(invocation: str) -> str:
    """Return what the scratch folders of an invocation begin with: their kernels can be told by it."""
    return f"nb{invocation}-"


def _place() -> str:
    return f"{socket.gethostname()} {distributed.get_worker().address}"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
