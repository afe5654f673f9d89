"""How a sweep goes: a live table in a terminal, a line for each run in a log."""

import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from distributed import Client
from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from nbutils.suite.sweep.conduct import Display, run_of
from nbutils.suite.sweep.records import Record

MOST_WORKERS_SHOWN = 16


@contextmanager
def display(notebook: str, runs: int) -> Iterator[Display]:
    """Yield what shows the progress of `runs` runs on the standard error stream."""
    if not sys.stderr.isatty():
        yield LogDisplay(runs)
        return
    table = LiveDisplay(notebook, runs)
    with Live(console=Console(stderr=True), get_renderable=table.renderable, refresh_per_second=2) as live:
        table.console = live.console
        yield table


def described(parameters: Mapping[str, Any]) -> str:
    """Return parameters as one line."""
    return ", ".join(f"{name}={' '.join(str(value).split())}" for name, value in parameters.items())


def record_line(record: Record) -> str:
    """Return how a run ended, as one line."""
    again = f"  (started {record.attempts} times)" if record.attempts > 1 else ""
    error = f"  {record.error}" if record.error else ""
    return f"{record.status}  {described(record.parameters)}  {record.seconds:.1f} s{again}{error}"


class LogDisplay:
    """One line for each run that has ended."""

    def __init__(self, runs: int):
        self._runs = runs
        self._ended = 0

    def ended(self, record: Record) -> None:
        """Print a run that has ended."""
        self._ended += 1
        print(f"{self._ended}/{self._runs}  {record_line(record)}", file=sys.stderr, flush=True)

    def refresh(self, client: Client) -> None:
        """A log has only what has ended."""


class LiveDisplay:
    """A progress bar above a table of workers and their runs."""

    def __init__(self, notebook: str, runs: int):
        self.console = Console(stderr=True)
        self._counts: Counter[str] = Counter()
        self._running: dict[str, tuple[str, float]] = {}
        self._workers = 0
        self._progress = Progress(
            TextColumn(escape(notebook)),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
        )
        self._bar = self._progress.add_task(notebook, total=runs)

    def ended(self, record: Record) -> None:
        """Count a run that has ended; one that did not pass gets a line above the table."""
        self._counts[record.status] += 1
        self._progress.advance(self._bar)
        if record.status != "ok" or record.attempts > 1:
            self.console.print(escape(record_line(record)), highlight=False)

    def refresh(self, client: Client) -> None:
        """Look which worker executes what."""
        try:
            processing = client.processing()
        except OSError:  # the loss of the scheduler is told by the runs that it takes with it
            return
        self._workers = len(processing)
        names = {worker: run_of(keys[0]) for worker, keys in processing.items() if keys}
        now = time.monotonic()
        self._running = {
            worker: self._running[worker] if self._running.get(worker, ("",))[0] == name else (name, now)
            for worker, name in names.items()
        }

    def renderable(self) -> Group:
        """Return what is to be seen now."""
        table = Table("worker", "run", "s", box=None, padding=(0, 2))
        for worker, (name, since) in list(self._running.items())[:MOST_WORKERS_SHOWN]:
            table.add_row(worker, name, f"{time.monotonic() - since:.0f}")
        counts = ", ".join(f"{n} {status}" for status, n in self._counts.items())
        more = len(self._running) - MOST_WORKERS_SHOWN
        return Group(
            self._progress,
            escape(f"{self._workers} workers" + (f"; {counts}" if counts else "")),
            table,
            *([f"and {more} more"] if more > 0 else []),
        )
