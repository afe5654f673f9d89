import os
from pathlib import Path

import pytest

from nbutils.suite.ipc_kernels import kernel_config


@pytest.mark.skipif(os.name != "posix", reason="sockets in the file system")
def test_the_sockets_and_the_connection_file_lie_in_the_folder():
    config = kernel_config(Path("/tmp/k")).KernelManager
    assert config.transport == "ipc"
    assert config.ip == "/tmp/k/socket"
    assert config.connection_file == "/tmp/k/kernel.json"


def test_a_path_too_long_for_a_socket_falls_back_to_ports():
    config = kernel_config(Path("/" + "x" * 120)).KernelManager
    assert "transport" not in config
    assert "ip" not in config


def test_a_system_without_such_sockets_falls_back_to_ports(monkeypatch):
    folder = Path("/tmp/k")
    monkeypatch.setattr("nbutils.suite.ipc_kernels.os.name", "nt")
    assert "transport" not in kernel_config(folder).KernelManager
