from types import SimpleNamespace

import pytest
import torch

from nbutils.kernels.tiles import LIMITS, TABLE, device_class, resident_warps, tiles_for

KERNELS = ("gate_up", "down_norms", "mlp_gate_up", "mlp_down")


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("device", [*LIMITS, "interpreter"])
@pytest.mark.parametrize("dtype_bytes", [2, 4])
def test_every_device_has_tiles_for_every_kernel(kernel, device, dtype_bytes):
    tiles = tiles_for(kernel, device, dtype_bytes)

    for size in (tiles.block_m, tiles.block_n, tiles.block_k):
        assert size >= 16
        assert size & (size - 1) == 0
    assert tiles.num_warps in (4, 8)


@pytest.mark.parametrize("arguments", [("gate", "sm_90", 2), ("gate_up", "sm_70", 2), ("gate_up", "sm_90", 8)])
def test_a_row_that_is_not_in_the_table(arguments):
    with pytest.raises(ValueError, match=rf"no tiles for kernel '{arguments[0]}' on '{arguments[1]}'"):
        tiles_for(*arguments)


def test_the_cpu_is_interpreted():
    assert device_class(torch.device("cpu")) == "interpreter"


def test_a_device_that_triton_does_not_know():
    with pytest.raises(ValueError, match="not on mps"):
        device_class(torch.device("mps"))


@pytest.mark.parametrize(
    ("capability", "expected"),
    [((8, 0), "sm_80"), ((8, 6), "sm_89"), ((9, 0), "sm_90"), ((10, 3), "sm_100"), ((12, 0), "sm_89")],
)
def test_compute_capabilities(monkeypatch, capability, expected):
    monkeypatch.setattr(torch.version, "hip", None)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)

    assert device_class(torch.device("cuda:0")) == expected


@pytest.mark.parametrize("capability", [(7, 5), (13, 0)])
def test_a_compute_capability_without_tiles(monkeypatch, capability):
    monkeypatch.setattr(torch.version, "hip", None)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)

    with pytest.raises(ValueError, match=r"cuda:0 \(compute capability \d+\.\d\)"):
        device_class(torch.device("cuda:0"))


@pytest.mark.parametrize(("name", "expected"), [("gfx942:sramecc+:xnack-", "gfx942"), ("gfx950", "gfx942")])
def test_amd_devices(monkeypatch, name, expected):
    monkeypatch.setattr(torch.version, "hip", "7.0")
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: SimpleNamespace(gcnArchName=name))

    assert device_class(torch.device("cuda:0")) == expected


def test_an_amd_device_without_tiles(monkeypatch):
    monkeypatch.setattr(torch.version, "hip", "7.0")
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: SimpleNamespace(gcnArchName="gfx1100"))

    with pytest.raises(ValueError, match="gfx1100"):
        device_class(torch.device("cuda:0"))


# By hand, from the figures of an SM of an A100: 65,536 registers, 164 KB of shared memory, 64 warps.
@pytest.mark.parametrize(
    ("num_warps", "registers", "shared", "expected"),
    [
        (4, 32, 0, 64),  # 32 x 32 x 64 registers: all warps
        (8, 128, 0, 16),  # 128 x 32 registers a warp: 16 warps
        (8, 129, 0, 8),  # 136 x 32 registers a warp: 3 on each of 4 schedulers, 12 in all, one program of 8
        (4, 32, 81 * 1024, 8),  # 2 x (81 + 1) KB of 164
        (4, 32, 82 * 1024, 4),
    ],
)
def test_resident_warps_of_an_a100(num_warps, registers, shared, expected):
    assert resident_warps(LIMITS["sm_80"], num_warps, registers, shared) == expected


def test_resident_warps_of_an_mi300():
    assert resident_warps(LIMITS["gfx942"], 8, 256, 32 * 1024) == 8
    assert resident_warps(LIMITS["gfx942"], 4, 512, 0) == 4
    assert resident_warps(LIMITS["gfx942"], 8, 264, 0) == 0


def test_limits_agree_with_one_another():
    for limits in LIMITS.values():
        assert limits.block_shared + limits.reserved == limits.shared


def test_the_table_holds_nothing_else():
    assert {kernel for kernel, _ in TABLE} == set(KERNELS)
