"""The conduct of a sweep: runs handed to a cluster, and what comes back."""

import itertools
import queue
from collections.abc import Sequence
from concurrent.futures import CancelledError
from functools import partial
from typing import Protocol

from distributed import Client, Future, KilledWorker

from nbutils.suite.errors import OutputError, UsageError
from nbutils.suite.sweep.cluster import ClusterError
from nbutils.suite.sweep.records import Record, Run
from nbutils.suite.sweep.task import Job, execute_run, stop

REFRESH_S = 0.5
SCHEDULER_LOST = "The scheduler was lost; what has finished is kept, go on with --resume."


class Display(Protocol):
    """Shows how a sweep goes."""

    def ended(self, record: Record) -> None:
        """Take note of a run that has ended."""

    def refresh(self, client: Client) -> None:
        """Show what is going on; called about twice a second."""


def conduct(client: Client, job: Job, runs: Sequence[Run], resources: dict[str, float], display: Display) -> None:
    """Execute runs on a cluster until all have ended; what they leave is in the sweep's folder.

    Args:
        client: the cluster's client.
        job: what all runs share.
        runs: the runs to make, the first of them first.
        resources: Dask resources that each run takes.
        display: is told what happens.

    Raises:
        ClusterError: the scheduler is lost, or a worker cannot execute runs.
        OutputError: the sweep's folder cannot be written.
        KeyboardInterrupt: the command is to stop; kernels have ended.
    """
    ended: queue.SimpleQueue[Future] = queue.SimpleQueue()
    numbers = itertools.count()
    waiting: dict[tuple, tuple[Future, Run]] = {}

    def submit(part: Sequence[Run]) -> None:
        keys = [_key(job, run, next(numbers)) for run in part]
        futures = client.map(partial(execute_run, job), part, key=keys, resources=resources, pure=False)
        for future, run in zip(futures, part, strict=True):
            waiting[future.key] = (future, run)
            future.add_done_callback(ended.put)

    try:
        submit(runs)
        while waiting:
            try:
                future = ended.get(timeout=REFRESH_S)
            except queue.Empty:
                display.refresh(client)
                continue
            _, run = waiting.pop(future.key)
            record = _result(future, run)
            if record is None:
                submit([run])
            else:
                display.ended(record)
    finally:
        # Nothing is left to stop after a whole sweep; after the loss of the scheduler there is nobody to ask.
        if waiting and client.status == "running":
            client.cancel([future for future, _ in waiting.values()], force=True)
            client.run(stop, job.invocation, on_error="ignore")


def run_of(key: tuple) -> str:
    """Return the name of the run whose task has this key."""
    return key[1]


def _key(job: Job, run: Run, number: int) -> tuple[str, str, int]:
    # Dask holds tasks back until a worker is free only where they are many of one group, which the first part names.
    return f"sweep-{job.invocation}", run.name, number


def _result(future: Future, run: Run) -> Record | None:
    """Return the record of a run; None when workers were lost before it had one, so that it must be handed in again."""
    if future.status == "cancelled":
        raise ClusterError(SCHEDULER_LOST)
    try:
        return future.result()
    except KilledWorker:
        # Dask blames every run that a lost worker had been given; the run itself counts its starts.
        return None
    except (OutputError, UsageError):
        raise
    except (CancelledError, OSError):
        raise ClusterError(SCHEDULER_LOST) from None
    except Exception as error:  # for example an import that fails on a worker that joined later
        raise ClusterError(f"A worker cannot execute {run.name} ({type(error).__name__}: {error}).") from None
