"""The kernels of this process's runs, found by the folder that their sockets are in, and their end."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil

from nbutils.suite.processes import kill_with_children

_KILL_AGAIN_S = 0.2


def kill_kernels(mark: str) -> None:
    """Kill all kernels that this process started whose command line contains `mark`, with all they started."""
    for child in psutil.Process().children():
        with suppress(psutil.Error):
            if any(mark in argument for argument in child.cmdline()):
                kill_with_children(child)


@contextmanager
def time_limit(seconds: float | None, mark: str) -> Iterator[threading.Event]:
    """Kill the kernels marked by `mark` when the body takes longer than `seconds`; None is no limit.

    Yields:
        An event that is set when the time was up.
    """
    finished, time_is_up = threading.Event(), threading.Event()

    def watch() -> None:
        if not finished.wait(seconds):
            time_is_up.set()
            # Again and again: the kernel may be about to start.
            while not finished.wait(_KILL_AGAIN_S):
                kill_kernels(mark)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield time_is_up
    finally:
        finished.set()
        watcher.join()
