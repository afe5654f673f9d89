"""A sweep from an open plan to its tables."""

import secrets
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pandas as pd
from distributed import Client

from nbutils.suite.sweep import cluster, package
from nbutils.suite.sweep.cluster import ClusterError
from nbutils.suite.sweep.conduct import conduct
from nbutils.suite.sweep.display import display
from nbutils.suite.sweep.plan import Plan, store
from nbutils.suite.sweep.records import Record, Run, read_records
from nbutils.suite.sweep.results import write_results
from nbutils.suite.sweep.summary import summary
from nbutils.suite.sweep.task import Job


def sweep(
    plan: Plan, scheduler: str | None, workers: int | None, timeout_s: float | None = None, retries: int = 2
) -> int:
    """Make the runs of a plan that have no good record, write the tables and figures, and print a summary.

    Args:
        plan: the sweep.
        scheduler: address of an existing Dask cluster; None for workers on this machine.
        workers: number of workers on this machine; None for one a GPU, or one a core.
        timeout_s: longest time of one run; None for no limit.
        retries: how often a run whose worker was lost starts again.

    Returns:
        The exit code: 0 all runs passed, 1 some did not.

    Raises:
        ClusterError: the cluster cannot be reached, cannot execute the runs, or was lost.
        OutputError: the folder cannot be read or written.
        KeyboardInterrupt: SIGINT or SIGTERM came; kernels have ended, and what has finished is in the tables.
    """
    runs = plan.runs
    records = read_records(plan.folder, [run.name for run in runs])
    to_do = [run for run in runs if run.name not in records or records[run.name].status != "ok"]
    name = plan.notebook.stem
    _tell(f"{name}: {len(runs)} runs, {len(runs) - len(to_do)} done, {len(to_do)} to make")
    if plan.manifest.nbutils != package.version():
        _tell(f"The sweep was begun with nbutils {plan.manifest.nbutils}; the runs table says which made what.")
    if to_do:
        job = Job(secrets.token_hex(4), plan.folder.url, name, timeout_s, retries, package.version())
        with _interrupts(), _client(scheduler, workers, len(to_do)) as client:
            _make(client, plan, job, to_do)
    records, findings = _write(plan)
    print(summary(plan, records, findings))
    return 0 if all(run.name in records and records[run.name].status == "ok" for run in runs) else 1


def _make(client: Client, plan: Plan, job: Job, to_do: list[Run]) -> None:
    store(plan)
    cluster.check_workers(client, job)
    resources = cluster.run_resources(client)
    try:
        with display(job.notebook, len(to_do)) as shown:
            conduct(client, job, to_do, resources, shown)
    except (ClusterError, KeyboardInterrupt):
        _write(plan)
        raise


@contextmanager
def _client(scheduler: str | None, workers: int | None, runs: int) -> Iterator[Client]:
    if scheduler is None:
        count, devices = cluster.workers_here(runs, workers)
        _tell(f"workers on this machine: {count}" + (", one GPU each" if devices else ""))
        with cluster.local_cluster(count, devices) as client:
            yield client
        return
    with cluster.existing_cluster(scheduler) as client:
        if not client.nthreads():
            _tell(f"{scheduler} has no worker yet; waiting for one (Ctrl-C ends the wait)")
            client.wait_for_workers(1)
        yield client


@contextmanager
def _interrupts() -> Iterator[None]:
    """Let SIGTERM end the sweep as Ctrl-C does, and Ctrl-C where it began in the background, which ignores SIGINT."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, signal.default_int_handler) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _write(plan: Plan) -> tuple[dict[str, Record], pd.DataFrame]:
    records = read_records(plan.folder, [run.name for run in plan.runs])
    return records, write_results(plan, records)


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
