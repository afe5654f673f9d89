"""What every shipped kernel costs on every class of device, found by compiling it: no GPU is needed.

`python -m nbutils.kernels.aot` prints the table that stands in this folder's README.md.
"""

import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass

import pandas as pd
import torch
import triton
from tabulate import tabulate
from triton import knobs
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource, CompiledKernel

from nbutils.kernels.signatures import KERNELS, TYPES, Variant, attributes, signatures
from nbutils.kernels.tiles import LIMITS, Tiles, resident_warps, tiles_for

TARGETS = {
    "sm_80": GPUTarget("cuda", 80, 32),
    "sm_89": GPUTarget("cuda", 89, 32),
    "sm_90": GPUTarget("cuda", 90, 32),
    "sm_100": GPUTarget("cuda", 100, 32),
    "gfx942": GPUTarget("hip", "gfx942", 64),
}
# Gated SiLU, weights [E, out, in], no bias: the layout of most models.
COMMON = Variant()
DTYPES = {name: dtype for dtype, name in TYPES.items()}
# From the widest unit to the plain one; a kernel is called by the first that it has.
PRODUCTS = ("UTCHMMA", "HGMMA", "HMMA", "v_mfma", "FFMA2", "FFMA", "v_fma")


@dataclass(frozen=True)
class Resources:
    """What a compiled kernel takes.

    Attributes:
        registers: of one thread.
        spilled: bytes of one thread's registers that are kept in memory instead.
        shared: bytes of shared memory of one program.
        product: the instruction that multiplies, one of `PRODUCTS`.
        local_accesses: instructions that read or write local memory.
    """

    registers: int
    spilled: int
    shared: int
    product: str
    local_accesses: int


def compile_kernel(
    kernel: str, device: str, dtype: torch.dtype, tiles: Tiles, variant: Variant = COMMON, is_even: bool = True
) -> CompiledKernel:
    """Compiles a kernel for a class of device that need not be there.

    Raises:
        RuntimeError: in a process whose kernels are interpreted.
    """
    function = KERNELS[kernel]
    if not isinstance(function, triton.JITFunction):
        raise RuntimeError("kernels are interpreted in this process; unset TRITON_INTERPRET to compile them")
    types, constants = signatures(kernel, dtype, tiles, variant, is_even)
    places = {(function.arg_names.index(name),): value for name, value in constants.items()}
    source = ASTSource(function, types, places, attributes(kernel, variant))
    options = {"num_warps": tiles.num_warps, "num_stages": tiles.num_stages}
    return triton.compile(source, target=TARGETS[device], options=options)


def resources_of(compiled: CompiledKernel) -> Resources:
    """Reads what a kernel takes from its machine code, with the tools that come with Triton."""
    return _amd(compiled) if "amdgcn" in compiled.asm else _nvidia(compiled)


def costs(variant: Variant = COMMON, is_even: bool = True) -> pd.DataFrame:
    """What each row of the table of tiles costs on its device.

    Args:
        variant: layout and activation of the experts.
        is_even: hidden and intermediate size are multiples of the tiles' depth.

    Returns:
        A table with the columns kernel, device, dtype (a row for both of 2 bytes has the larger figures), tile (tokens
        x columns x depth), warps, stages, registers (of a thread), spilled (bytes of a thread), shared (bytes of a
        program), share (of what a program may have of it), product (the instruction), local accesses (instructions),
        occupancy (share of the warps that a multiprocessor can hold).
    """
    return pd.DataFrame(
        _row(kernel, device, dtypes, variant, is_even)
        for kernel in KERNELS
        for device in TARGETS
        for dtypes in (["bf16", "fp16"], ["fp32"])
    )


def shown(table: pd.DataFrame) -> str:
    """The table of `costs` in Markdown."""
    percent = {name: (100 * table[name]).map("{:.0f} %".format) for name in ("share", "occupancy")}
    columns = table.assign(shared=(table["shared"] / 1024).map("{:.0f} KB".format), **percent)
    return tabulate(columns, headers="keys", tablefmt="pipe", showindex=False, disable_numparse=True)


def _row(kernel: str, device: str, dtypes: list[str], variant: Variant, is_even: bool) -> dict[str, object]:
    tiles, limits = tiles_for(kernel, device, DTYPES[dtypes[0]].itemsize), LIMITS[device]
    found = [resources_of(compile_kernel(kernel, device, DTYPES[name], tiles, variant, is_even)) for name in dtypes]
    registers, shared = max(one.registers for one in found), max(one.shared for one in found)
    return {
        "kernel": kernel,
        "device": device,
        "dtype": ", ".join(dtypes),
        "tile": f"{tiles.block_m} x {tiles.block_n} x {tiles.block_k}",
        "warps": tiles.num_warps,
        "stages": tiles.num_stages,
        "registers": registers,
        "spilled": max(one.spilled for one in found),
        "shared": shared,
        "share": shared / limits.block_shared,
        "product": ", ".join(sorted({one.product for one in found})),
        "local accesses": max(one.local_accesses for one in found),
        "occupancy": resident_warps(limits, tiles.num_warps, registers, shared) / limits.warps,
    }


def _nvidia(compiled: CompiledKernel) -> Resources:
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        file.write(compiled.asm["cubin"])
        file.flush()
        usage = _output(knobs.nvidia.cuobjdump.path, "-res-usage", file.name)
        code = _output(knobs.nvidia.nvdisasm.path, "-c", "-ndf", file.name)
    numbers = {name: int(value) for name, value in re.findall(r"(REG|STACK|LOCAL):(\d+)", usage)}
    return Resources(
        registers=numbers["REG"],
        spilled=numbers["STACK"] + numbers["LOCAL"],
        shared=compiled.metadata.shared,
        product=_product(code),
        local_accesses=len(re.findall(r"\b(?:LDL|STL)\b", code)),
    )


def _amd(compiled: CompiledKernel) -> Resources:
    code = compiled.asm["amdgcn"]
    numbers = {name: int(value) for name, value in re.findall(r"\.(\w+):\s+(\d+)\n", code)}
    return Resources(
        registers=numbers["vgpr_count"],
        spilled=numbers["private_segment_fixed_size"],
        shared=compiled.metadata.shared,
        product=_product(code),
        local_accesses=len(re.findall(r"\bscratch_(?:load|store)", code)),
    )


def _product(code: str) -> str:
    return next(name for name in PRODUCTS if re.search(rf"\b{name}(?:\b|_)", code))


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    sys.stdout.write(shown(costs()) + "\n")
