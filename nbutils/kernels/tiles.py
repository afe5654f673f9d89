"""Tile sizes of the expert kernels for each class of device, and the limits that they must keep within.

The sizes are read from a table, so that nothing is timed when a kernel first runs, and they do not depend on the number
of tokens. `python -m nbutils.kernels.aot` shows what each row costs on its device, `python -m nbutils.kernels.tune`
looks for faster rows where there is a GPU.
"""

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Tiles:
    """What one program works on: rows x columns of a result, a depth of the sum, and the resources it takes.

    Attributes:
        block_m: tokens.
        block_n: neurons in "gate_up" and "mlp_gate_up", hidden units in "down_norms" and "mlp_down".
        block_k: depth that is summed at a time: hidden units in the first two, neurons in the last two.
        num_warps: warps, of 32 threads on NVIDIA and 64 on AMD.
        num_stages: blocks of operands that are in flight at a time.
    """

    block_m: int
    block_n: int
    block_k: int
    num_warps: int
    num_stages: int


@dataclass(frozen=True)
class Limits:
    """What one multiprocessor (SM, CU) of a device offers.

    Attributes:
        block_shared: bytes of shared memory that one program may take.
        shared: bytes of shared memory for all programs at a time.
        reserved: bytes of it that the driver takes from each program.
        registers: 32-bit registers.
        warps: warps that can be resident.
        warp_size: threads.
    """

    block_shared: int
    shared: int
    reserved: int
    registers: int
    warps: int
    warp_size: int


KB = 1024

# NVIDIA, CUDA C++ Programming Guide, "Technical Specifications per Compute Capability"; AMD, CDNA 3 ISA reference.
LIMITS = {
    #                block_shared  shared  reserved  registers  warps  warp_size
    "sm_80": Limits(163 * KB, 164 * KB, KB, 65536, 64, 32),
    "sm_89": Limits(99 * KB, 100 * KB, KB, 65536, 48, 32),
    "sm_90": Limits(227 * KB, 228 * KB, KB, 65536, 64, 32),
    "sm_100": Limits(227 * KB, 228 * KB, KB, 65536, 64, 32),
    "gfx942": Limits(64 * KB, 64 * KB, 0, 131072, 32, 64),
}

# The routed kernels take 64 rows: the least that the matrix units of sm_90 multiply at full speed, and so few that an
# expert with a handful of tokens waits for its weights rather than for the rows that are padding.
TABLE = {
    # kernel        device          2-byte numbers             4-byte numbers
    ("gate_up", "sm_80"): (Tiles(128, 64, 64, 8, 3), Tiles(64, 64, 32, 8, 3)),
    ("gate_up", "sm_89"): (Tiles(128, 64, 64, 8, 3), Tiles(64, 64, 32, 8, 3)),
    ("gate_up", "sm_90"): (Tiles(256, 64, 64, 8, 4), Tiles(64, 64, 32, 8, 3)),
    ("gate_up", "sm_100"): (Tiles(128, 64, 64, 8, 3), Tiles(64, 64, 16, 8, 3)),
    ("gate_up", "gfx942"): (Tiles(128, 128, 64, 8, 2), Tiles(128, 64, 32, 8, 2)),
    ("gate_up", "interpreter"): (Tiles(64, 256, 256, 4, 1), Tiles(64, 256, 256, 4, 1)),
    ("down_norms", "sm_80"): (Tiles(128, 256, 32, 8, 4), Tiles(64, 128, 32, 8, 3)),
    ("down_norms", "sm_89"): (Tiles(128, 256, 32, 8, 3), Tiles(64, 128, 32, 8, 3)),
    ("down_norms", "sm_90"): (Tiles(128, 256, 64, 8, 4), Tiles(64, 128, 32, 8, 3)),
    ("down_norms", "sm_100"): (Tiles(128, 256, 64, 8, 4), Tiles(64, 128, 16, 8, 2)),
    ("down_norms", "gfx942"): (Tiles(128, 256, 64, 8, 2), Tiles(128, 128, 32, 8, 2)),
    ("down_norms", "interpreter"): (Tiles(64, 256, 256, 4, 1), Tiles(64, 256, 256, 4, 1)),
    ("mlp_gate_up", "sm_80"): (Tiles(64, 128, 32, 8, 4), Tiles(64, 64, 32, 8, 3)),
    ("mlp_gate_up", "sm_89"): (Tiles(64, 128, 32, 8, 4), Tiles(64, 64, 16, 8, 3)),
    ("mlp_gate_up", "sm_90"): (Tiles(64, 128, 64, 8, 4), Tiles(64, 64, 32, 8, 3)),
    ("mlp_gate_up", "sm_100"): (Tiles(64, 128, 64, 8, 4), Tiles(64, 64, 16, 8, 3)),
    ("mlp_gate_up", "gfx942"): (Tiles(64, 128, 64, 8, 2), Tiles(64, 64, 32, 4, 2)),
    ("mlp_gate_up", "interpreter"): (Tiles(64, 256, 256, 4, 1), Tiles(64, 256, 256, 4, 1)),
    ("mlp_down", "sm_80"): (Tiles(64, 256, 32, 8, 4), Tiles(64, 128, 32, 8, 3)),
    ("mlp_down", "sm_89"): (Tiles(64, 256, 32, 8, 4), Tiles(64, 128, 32, 8, 3)),
    ("mlp_down", "sm_90"): (Tiles(64, 256, 64, 8, 4), Tiles(64, 128, 32, 8, 3)),
    ("mlp_down", "sm_100"): (Tiles(64, 256, 64, 8, 4), Tiles(64, 128, 16, 8, 2)),
    ("mlp_down", "gfx942"): (Tiles(64, 256, 64, 8, 2), Tiles(64, 128, 32, 8, 2)),
    ("mlp_down", "interpreter"): (Tiles(64, 256, 256, 4, 1), Tiles(64, 256, 256, 4, 1)),
}

# Compute capability to class. Not always the nearest number: 8.6 and 12.0 have the small shared memory of 8.9.
CAPABILITIES = {
    (8, 0): "sm_80",
    (8, 6): "sm_89",
    (8, 7): "sm_89",
    (8, 9): "sm_89",
    (9, 0): "sm_90",
    (10, 0): "sm_100",
    (10, 3): "sm_100",
    (11, 0): "sm_100",
    (12, 0): "sm_89",
    (12, 1): "sm_89",
}
AMD = {"gfx90a": "gfx942", "gfx942": "gfx942", "gfx950": "gfx942"}


def tiles_for(kernel: str, device_class: str, dtype_bytes: int) -> Tiles:
    """The row of the table for a kernel, a class of device and numbers of 2 or 4 bytes.

    Raises:
        ValueError: where the table has no such row.
    """
    if (kernel, device_class) not in TABLE or dtype_bytes not in (2, 4):
        raise ValueError(f"no tiles for kernel {kernel!r} on {device_class!r} with numbers of {dtype_bytes} bytes")
    return TABLE[kernel, device_class][dtype_bytes == 4]


def device_class(device: torch.device) -> str:
    """The class of a device: "interpreter" for the CPU, else one of `LIMITS`.

    Raises:
        ValueError: for a device on which the kernels are not known to compile.
    """
    if device.type == "cpu":
        return "interpreter"
    if device.type != "cuda":
        raise ValueError(f"the Triton kernels run on NVIDIA and AMD GPUs, not on {device}; use implementation='torch'")
    if torch.version.hip:
        name = torch.cuda.get_device_properties(device).gcnArchName.partition(":")[0]
        found = AMD.get(name)
    else:
        capability = torch.cuda.get_device_capability(device)
        name, found = f"compute capability {capability[0]}.{capability[1]}", CAPABILITIES.get(capability)
    if found is None:
        raise ValueError(f"the Triton kernels have no tiles for {device} ({name}); use implementation='torch'")
    return found


def resident_warps(limits: Limits, num_warps: int, registers: int, shared: int) -> int:
    """Warps of one kernel that fit a multiprocessor at a time: the occupancy is this over `limits.warps`.

    Four schedulers share the registers of a multiprocessor, and a thread gets them in steps of eight.

    Args:
        limits: what the multiprocessor offers.
        num_warps: warps of one program.
        registers: registers of one thread.
        shared: bytes of shared memory of one program.
    """
    by_shared = limits.shared // (shared + limits.reserved) if shared + limits.reserved else limits.warps
    a_warp = -(-max(registers, 1) // 8) * 8 * limits.warp_size
    by_registers = limits.registers // 4 // a_warp * 4 // num_warps
    return min(by_shared, by_registers, limits.warps // num_warps) * num_warps
