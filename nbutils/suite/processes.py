"""Processes that end together with everything they started."""

from contextlib import suppress

import psutil


def kill_with_children(process: psutil.Process) -> list[psutil.Process]:
    """Kill a process and all below it and return them, itself first; each is stopped first, to start no new one."""
    below = []
    with suppress(psutil.NoSuchProcess):
        process.suspend()
        below = [killed for child in process.children() for killed in kill_with_children(child)]
        process.kill()
    return [process, *below]
