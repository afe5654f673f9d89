"""Kernels that talk through files in a folder of their own, so that parallel ones do not race for network ports."""

import os
from pathlib import Path

from traitlets.config import Config

# The longest path of a Unix socket is 104 to 108 bytes; the kernel appends "-1" to "-5".
_LONGEST_SOCKET_PATH = 100


def kernel_config(folder: Path) -> Config:
    """Return the configuration of one kernel whose sockets and connection file lie in `folder`.

    Where such sockets do not exist (Windows) or the path is too long for one, the kernel uses network ports as usual.
    """
    config = Config()
    config.KernelManager.connection_file = str(folder / "kernel.json")
    sockets = folder / "socket"
    if os.name == "posix" and len(os.fsencode(sockets)) < _LONGEST_SOCKET_PATH:
        config.KernelManager.transport = "ipc"
        config.KernelManager.ip = str(sockets)
    return config
