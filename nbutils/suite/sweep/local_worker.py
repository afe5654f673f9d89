"""Preloaded by the workers of a local cluster."""

import signal
import threading
from typing import Any

from tqdm import tqdm


def dask_setup(worker: Any) -> None:
    """Make a worker that the command can end at any time, and that nobody else ends."""
    # A terminal sends Ctrl-C to all processes; the command alone decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # tqdm's own lock is a semaphore of the system, which a process that is killed leaves behind.
    tqdm.set_lock(threading.RLock())
