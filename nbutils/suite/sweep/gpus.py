"""GPUs: which a machine has, and which one a run takes."""

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from nbutils.suite.errors import UsageError

RESOURCE = "GPU"
"""Name of the Dask resource of which a worker declares one for each GPU it has."""

VISIBLE = "CUDA_VISIBLE_DEVICES"

_lock = threading.Lock()
_taken: set[str] = set()


def local_gpus() -> list[str]:
    """Return the identifiers of this machine's GPUs that CUDA may use; `CUDA_VISIBLE_DEVICES=""` hides them all."""
    if VISIBLE in os.environ:
        return _listed(os.environ[VISIBLE])
    if not shutil.which("nvidia-smi"):
        return []
    shown = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, check=False).stdout
    return [str(i) for i, _ in enumerate(line for line in shown.splitlines() if line.startswith("GPU "))]


@contextmanager
def own_gpu(count: int) -> Iterator[dict[str, str]]:
    """Take one of the `count` GPUs of this worker process for a run.

    Yields:
        The environment variables that show a kernel this GPU alone; none when the worker has none.

    Raises:
        UsageError: the worker declares more GPUs than CUDA may use in it.
    """
    if count == 0:
        yield {}
        return
    visible = _listed(os.environ[VISIBLE]) if VISIBLE in os.environ else []
    candidates = (visible or [str(i) for i in range(count)])[:count]
    with _lock:
        device = next((candidate for candidate in candidates if candidate not in _taken), None)
        if device is None:
            raise UsageError(f"A worker declares {count} GPUs and {VISIBLE}={os.environ[VISIBLE]} shows fewer.")
        _taken.add(device)
    try:
        yield {VISIBLE: device}
    finally:
        with _lock:
            _taken.discard(device)


def _listed(text: str) -> list[str]:
    return [device.strip() for device in text.split(",") if device.strip()]
