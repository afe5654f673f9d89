"""Several notebooks at once: each in a process of its own, all of them ended by Ctrl-C."""

import logging
import multiprocessing
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnContext, SpawnProcess
from pathlib import Path
from typing import Any

import psutil

from nbutils.suite import folders, project
from nbutils.suite.errors import UsageError
from nbutils.suite.execution import Outcome, Task, execute
from nbutils.suite.notebook_parameters import converted
from nbutils.suite.processes import kill_with_children
from nbutils.whole_files import remove_unfinished

# A killed process may first have to return from the operating system, for example from a slow disk.
_DEATH_TIMEOUT_S = 30


def tasks(names: Sequence[str], texts: dict[str, str], output: Path | None) -> list[Task]:
    """Return what is to be executed, checked before anything runs.

    Args:
        names: names or paths of notebooks; none means all of the project's.
        texts: parameter name -> text from the command line, for every notebook.
        output: folder that gets one folder for each notebook; None for `<project root>/results`.

    Raises:
        UsageError: no such notebook or parameter, or a text that is no value of the parameter's type.
        OutputError: an output folder cannot be made or written.
    """
    paths = [project.find_notebook(name) for name in names] if names else list(project.notebooks().values())
    if not paths:
        raise UsageError(f"There are no notebooks in {project.root() / 'notebooks'}; give the path of one.")
    planned: dict[str, Task] = {}
    for path in dict.fromkeys(paths):
        if path.stem in planned:
            raise UsageError(f"Two notebooks are named {path.stem!r} and would share results; run one at a time.")
        folder = output.absolute() / path.stem if output else project.results_folder(path.stem)
        planned[path.stem] = Task(path, converted(path, texts), folder)
    for task in planned.values():
        folders.open_folder(task.folder)
    return list(planned.values())


@dataclass
class _Worker:
    task: Task
    slot: int
    process: SpawnProcess


def run(planned: Sequence[Task], jobs: int, report: Callable[[Outcome], None]) -> list[Outcome]:
    """Execute notebooks, at most `jobs` at a time; one that fails does not stop the others.

    Args:
        planned: what `tasks` returned.
        jobs: notebooks at a time, at least 1.
        report: called with each outcome as soon as it is known.

    Returns:
        One outcome for each task, in the order of `planned`.

    Raises:
        KeyboardInterrupt: SIGINT or SIGTERM came; every worker and kernel has ended and no temporary file is left.
    """
    context = multiprocessing.get_context("spawn")
    progress_lock = context.RLock()
    waiting = list(planned)
    free_slots = list(range(jobs))
    running: dict[Connection, _Worker] = {}
    outcomes: dict[str, Outcome] = {}
    with tempfile.TemporaryDirectory(prefix="nb") as scratch, _interrupts() as interrupt:
        try:
            while waiting or running:
                while waiting and free_slots:
                    task, slot = waiting.pop(0), free_slots.pop(0)
                    threads = max(1, (os.cpu_count() or 1) // min(jobs, len(planned)))
                    connection, process = _start(context, task, Path(scratch), slot, threads, progress_lock)
                    running[connection] = _Worker(task, slot, process)
                # The time limit is for Windows, where a signal is only noticed between two waits.
                ready = wait([interrupt, *running], timeout=1)
                if interrupt in ready:
                    raise KeyboardInterrupt
                for connection in ready:
                    worker = running.pop(connection)
                    free_slots.append(worker.slot)
                    outcomes[worker.task.name] = _outcome(worker, connection)
                    report(outcomes[worker.task.name])
        finally:
            for worker in running.values():
                _end(worker)
    return [outcomes[task.name] for task in planned]


def _start(
    context: SpawnContext, task: Task, scratch: Path, slot: int, threads: int, progress_lock: Any
) -> tuple[Connection, SpawnProcess]:
    own_scratch = Path(tempfile.mkdtemp(dir=scratch))
    connection, workers_end = context.Pipe(duplex=False)
    # Several progress bars share a terminal: each slot has a line of its own.
    progress_bar = {"position": slot, "desc": task.name, "leave": False, "disable": not sys.stderr.isatty()}
    process = context.Process(target=_work, args=(workers_end, task, own_scratch, threads, progress_bar, progress_lock))
    process.start()
    # Only the worker holds its end now, so that its death is seen as the end of the connection.
    workers_end.close()
    return connection, process


def _work(
    connection: Connection, task: Task, scratch: Path, threads: int, progress_bar: dict[str, Any], progress_lock: Any
) -> None:
    """Execute one task in a worker process and send its outcome."""
    # Kernels that run side by side share the cores; each would otherwise start a thread on every one.
    os.environ.setdefault("OMP_NUM_THREADS", str(threads))
    # A terminal sends Ctrl-C to all processes; the parent alone decides, and ends this one with its kernel.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # The outcome says what papermill would log, and a log line would tear the progress bars.
    logging.getLogger("papermill").setLevel(logging.CRITICAL + 1)
    from tqdm import tqdm

    tqdm.set_lock(progress_lock)
    connection.send(execute(task, scratch, progress_bar))


def _outcome(worker: _Worker, connection: Connection) -> Outcome:
    try:
        return connection.recv()
    except EOFError:
        worker.process.join()
        failure = f"its process ended with exit code {worker.process.exitcode} (killed, or out of memory)"
        return Outcome(worker.task.name, 0.0, None, failure)
    finally:
        worker.process.join()
        connection.close()


def _end(worker: _Worker) -> None:
    """Kill a worker with its kernel, wait until they are gone and remove what they could not."""
    _, *below = kill_with_children(psutil.Process(worker.process.pid))
    worker.process.join()
    psutil.wait_procs(below, timeout=_DEATH_TIMEOUT_S)
    remove_unfinished(worker.task.folder)


@contextmanager
def _interrupts() -> Iterator[Connection]:
    """Yield a connection that becomes readable on SIGINT or SIGTERM, so that they come at one place only."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    before = {number: signal.signal(number, lambda *_: sender.send(None)) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield receiver
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        receiver.close()
        sender.close()
