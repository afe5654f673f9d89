import subprocess

import pytest

from nbutils.suite import UsageError
from nbutils.suite.sweep import cluster, gpus
from nbutils.suite.sweep.gpus import local_gpus, own_gpu

SHOWN = """GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-1)
  MIG 1g.10gb     Device  0: (UUID: MIG-1)
GPU 1: NVIDIA H100 80GB HBM3 (UUID: GPU-2)
"""


def test_gpus_are_those_that_cuda_may_use(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3, GPU-1")
    assert local_gpus() == ["3", "GPU-1"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert local_gpus() == []


def test_without_the_variable_the_driver_is_asked(monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(gpus.shutil, "which", lambda _: "/usr/bin/nvidia-smi")
    monkeypatch.setattr(gpus.subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 0, SHOWN))
    assert local_gpus() == ["0", "1"]
    monkeypatch.setattr(gpus.shutil, "which", lambda _: None)
    assert local_gpus() == []


def test_runs_of_one_worker_take_different_gpus_and_give_them_back(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "5,6,7")
    with own_gpu(2) as first, own_gpu(2) as second:
        assert (first, second) == ({"CUDA_VISIBLE_DEVICES": "5"}, {"CUDA_VISIBLE_DEVICES": "6"})
    with own_gpu(2) as third:
        assert third == first


def test_a_worker_without_the_variable_numbers_its_gpus(monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    with own_gpu(2) as first, own_gpu(2) as second:
        assert (first, second) == ({"CUDA_VISIBLE_DEVICES": "0"}, {"CUDA_VISIBLE_DEVICES": "1"})


def test_a_worker_without_gpus_hides_nothing():
    with own_gpu(0) as environment:
        assert environment == {}


def test_a_worker_that_declares_too_many_is_told(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "5")
    message = "declares 2 GPUs and CUDA_VISIBLE_DEVICES=5 shows fewer"
    with own_gpu(2), pytest.raises(UsageError, match=message), own_gpu(2):
        pass


@pytest.mark.parametrize(
    ("visible", "runs", "asked", "expected"),
    [
        ("0,1", 10, None, (2, ["0", "1"])),
        ("0,1", 1, None, (1, ["0"])),
        ("0,1", 10, 1, (1, ["0"])),
        ("", 10, 3, (3, [])),
        ("", 2, 3, (2, [])),
        ("", 100, None, (4, [])),
    ],
)
def test_workers_here(monkeypatch, visible, runs, asked, expected):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    monkeypatch.setattr(cluster.os, "cpu_count", lambda: 4)
    assert cluster.workers_here(runs, asked) == expected


def test_more_workers_than_gpus_are_refused_with_the_way_out(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    with pytest.raises(UsageError, match=r'3 is more than the 2 GPUs here.* set CUDA_VISIBLE_DEVICES=""'):
        cluster.workers_here(10, 3)
