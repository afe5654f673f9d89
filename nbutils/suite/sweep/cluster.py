"""The Dask cluster of a sweep: one on this machine, or an existing one by its address."""

import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import dask
import psutil
from distributed import Client, Nanny, Scheduler, SpecCluster

from nbutils.suite.errors import UsageError
from nbutils.suite.processes import kill_with_children
from nbutils.suite.sweep import gpus
from nbutils.suite.sweep.task import Job, check_worker

CONNECT_TIMEOUT_S = 5

# A killed process may first have to return from the operating system, for example from a slow disk.
_DEATH_TIMEOUT_S = 30

_CONFIGURATION = {
    # A worker has one task at a time, so that a run which ends its worker harms no other.
    "distributed.scheduler.worker-saturation": 1.0,
    # Nobody looks at a profile of threads that wait for kernels.
    "distributed.worker.profile.enabled": False,
}

_ONLY_HERE = {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0", "dashboard": False}

_THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


class ClusterError(UsageError):
    """A cluster cannot be reached, cannot run the sweep, or was lost."""


def workers_here(runs: int, asked: int | None) -> tuple[int, list[str]]:
    """Return how many workers a sweep has on this machine and the GPUs of the first, second, ... of them.

    Where there are GPUs, each worker has one of its own and runs go one to a GPU.

    Args:
        runs: number of runs to make.
        asked: number of workers that the user wants; None for one a GPU, or one a core.

    Raises:
        UsageError: more workers are asked for than there are GPUs.
    """
    devices = gpus.local_gpus()
    if devices and asked and asked > len(devices):
        raise UsageError(
            f"--workers {asked} is more than the {len(devices)} GPUs here, of which every run takes one; set "
            f'{gpus.VISIBLE}="" to make the runs on the CPU.'
        )
    workers = min(asked or len(devices) or os.cpu_count() or 1, runs)
    return workers, devices[:workers]


@contextmanager
def local_cluster(workers: int, devices: list[str]) -> Iterator[Client]:
    """Start a cluster of single-threaded worker processes on this machine, and end it.

    Args:
        workers: number of worker processes.
        devices: GPU of each worker; empty for workers without one.

    Yields:
        The cluster's client.
    """
    _silence_dask()
    threads = max(1, (os.cpu_count() or 1) // workers)
    environment = {name: os.environ.get(name, str(threads)) for name in _THREAD_VARIABLES}
    with (
        tempfile.TemporaryDirectory(prefix="nb") as scratch,
        _no_process_left(),
        dask.config.set(_CONFIGURATION | {"temporary-directory": scratch}),
        SpecCluster(
            scheduler={
                "cls": Scheduler,
                "options": {"port": 0, **_ONLY_HERE},
            },
            workers={i: _worker(environment, devices[i : i + 1]) for i in range(workers)},
            silence_logs=logging.CRITICAL,
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


@contextmanager
def _no_process_left() -> Iterator[None]:
    """End the worker processes of a cluster that was closed while they were busy, before their files are removed."""
    here = psutil.Process()
    before = set(here.children())
    try:
        yield
    finally:
        left = []
        for child in set(here.children()) - before:
            with suppress(psutil.Error):
                if any("multiprocessing.spawn" in argument for argument in child.cmdline()):
                    left += kill_with_children(child)
        psutil.wait_procs(left, timeout=_DEATH_TIMEOUT_S)


def _worker(environment: dict[str, str], devices: list[str]) -> dict:
    return {
        "cls": Nanny,
        "options": {
            "nthreads": 1,
            "memory_limit": 0,
            **_ONLY_HERE,
            "resources": {gpus.RESOURCE: 1} if devices else {},
            "env": environment | ({gpus.VISIBLE: devices[0]} if devices else {}),
            "preload": ["nbutils.suite.sweep.local_worker"],
            "silence_logs": logging.CRITICAL,
        },
    }


@contextmanager
def existing_cluster(address: str) -> Iterator[Client]:
    """Connect to a scheduler, and leave it as it was.

    Yields:
        The cluster's client.

    Raises:
        ClusterError: no scheduler answers.
    """
    _silence_dask()
    try:
        client = Client(address, timeout=CONNECT_TIMEOUT_S)
    except Exception as error:  # a wrong address, a port of something else, missing certificates: each has its own
        why = " ".join(str(error).split())[:200]
        raise ClusterError(f"No Dask scheduler answers at {address} ({type(error).__name__}: {why}).") from None
    with client:
        yield client


def _silence_dask() -> None:
    """Keep Dask's log out of the terminal: what matters of it becomes a sentence or a record."""
    for name in logging.root.manager.loggerDict:
        if name.partition(".")[0] == "distributed":
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def check_workers(client: Client, job: Job) -> None:
    """Check that all workers of a cluster can execute a sweep's runs.

    Raises:
        ClusterError: a worker has no nbutils or another one, or does not see the sweep's folder.
    """
    for worker, complaint in client.run(check_worker, job, on_error="return").items():
        if isinstance(complaint, Exception):
            # Dask gives an error of the import as the text of another one.
            raise ClusterError(f"Worker {worker} cannot use nbutils ({complaint}); install {job.version} there.")
        if complaint is not None:
            raise ClusterError(f"Worker {worker} {complaint}.")


def run_resources(client: Client) -> dict[str, float]:
    """Return the Dask resources that each run takes: one GPU where workers declare them."""
    workers = client.scheduler_info(n_workers=-1)["workers"].values()
    return {gpus.RESOURCE: 1} if any(worker["resources"].get(gpus.RESOURCE) for worker in workers) else {}
