"""Looks for faster tiles where there is a GPU: `python -m nbutils.kernels.tune --help`.

Nothing in the project runs it by itself. It times a whole operation with other tiles for one kernel at a time, and
prints what to write into the table in `tiles.py`. Tiles depend on the device and on the size of the numbers, not on the
number of tokens, which changes from call to call.
"""

import argparse
import itertools
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pandas as pd
import torch
from tabulate import tabulate
from torch import nn
from transformers import MixtralConfig
from transformers.models.mixtral.modeling_mixtral import MixtralExperts
from triton.errors import TritonError
from triton.testing import do_bench

from nbutils.kernels import expert_mlp, expert_norms
from nbutils.kernels.tiles import LIMITS, TABLE, Limits, Tiles, device_class, tiles_for

# Enough for every expert to wait for arithmetic, and not for its weights.
TOKENS = 4096
DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}
KERNELS = {"expert_norms": ("gate_up", "down_norms"), "expert_mlp": ("mlp_gate_up", "mlp_down")}
# Registers of a thread that hold results; the others hold addresses and operands.
MOST_RESULTS = 128

Timer = Callable[[Callable[[], object]], float]


@dataclass(frozen=True)
class Peaks:
    """What the device reaches, measured on it: floating-point operations and bytes a second."""

    flops: float
    bandwidth: float


@dataclass(frozen=True)
class Work:
    """The least that an operation takes: floating-point operations, and bytes between memory and chip."""

    flops: int
    bytes: int

    def seconds(self, peaks: Peaks) -> float:
        """The roofline: arithmetic and memory at their peaks, at the same time (Williams et al. 2009)."""
        return max(self.flops / peaks.flops, self.bytes / peaks.bandwidth)


def work_of(
    operation: str, experts: int, hidden: int, intermediate: int, top_k: int, dtype_bytes: int, tokens: int = TOKENS
) -> Work:
    """The work of a key of `KERNELS` with gated experts: three matrices are multiplied, and read once.

    Activations between the two kernels are not counted, as they are meant to stay in the cache.
    """
    per_token = experts if operation == "expert_norms" else top_k
    written = 5 * experts * 4 if operation == "expert_norms" else hidden * dtype_bytes
    weights = 3 * experts * hidden * intermediate * dtype_bytes
    return Work(
        flops=6 * tokens * per_token * hidden * intermediate,
        bytes=weights + tokens * (hidden * dtype_bytes + written),
    )


def candidates(kernel: str, device: str, dtype_bytes: int) -> list[Tiles]:
    """The row of the table, then others with half to twice its results for which there may be room on the device."""
    own = tiles_for(kernel, device, dtype_bytes)
    scaled = [[size // 2, size, 2 * size] for size in (own.block_m, own.block_n, own.block_k)]
    stages = range(max(1, own.num_stages - 1), own.num_stages + 2)
    found = itertools.starmap(Tiles, itertools.product(*scaled, (4, 8), stages))
    return [
        own,
        *(tiles for tiles in found if tiles != own and _is_likely(tiles, own, kernel, LIMITS[device], dtype_bytes)),
    ]


@contextmanager
def using(tiles: dict[str, Tiles], device: str, dtype_bytes: int) -> Iterator[None]:
    """Other tiles in the table, by kernel, for a while."""
    rows = {kernel: TABLE[kernel, device] for kernel in tiles}
    for kernel, (two, four) in rows.items():
        TABLE[kernel, device] = (tiles[kernel], four) if dtype_bytes == 2 else (two, tiles[kernel])
    try:
        yield
    finally:
        for kernel, row in rows.items():
            TABLE[kernel, device] = row


def tune(
    kernels: tuple[str, ...],
    device: str,
    dtype_bytes: int,
    operation: Callable[[], object],
    timer: Timer,
    roofline: float,
) -> pd.DataFrame:
    """Times an operation with each candidate for its first kernel, then, with the best of them, for the next.

    Args:
        kernels: the kernels that the operation launches.
        device: a key of `LIMITS`.
        dtype_bytes: of the numbers, 2 or 4.
        operation: what is timed; it looks its tiles up in the table.
        timer: from what is to be timed to seconds. Tiles with which it raises are left out.
        roofline: seconds that the operation takes at best.

    Returns:
        A row for each kernel and candidate, fastest first: kernel, tiles, is_own (the row that the table has), seconds
        (of the whole operation), roofline (seconds), fraction (of the roofline that is reached).
    """
    tables, chosen = [], {}
    for kernel in kernels:
        rows = []
        for tiles in candidates(kernel, device, dtype_bytes):
            with using({**chosen, kernel: tiles}, device, dtype_bytes):
                seconds = _seconds(operation, timer)
            if seconds is not None:
                rows.append((kernel, tiles, tiles == tiles_for(kernel, device, dtype_bytes), seconds))
        if not rows:
            raise ValueError(f"no tiles of kernel {kernel!r} run on this device")
        rows.sort(key=lambda row: row[3])
        chosen[kernel] = rows[0][1]
        tables += rows
    table = pd.DataFrame(tables, columns=["kernel", "tiles", "is_own", "seconds"])
    return table.assign(roofline=roofline, fraction=roofline / table["seconds"])


def shown(table: pd.DataFrame, most: int = 5) -> str:
    """The fastest candidates of each kernel and the row that the table has now, from what `tune` found."""
    lines = []
    for kernel, rows in table.groupby("kernel", sort=False):
        kept = rows[(rows.index < rows.index[0] + most) | rows["is_own"]]
        lines += [
            {
                "kernel": kernel,
                "tiles": repr(row.tiles),
                "": "in the table" if row.is_own else "",
                "measured": f"{1e3 * row.seconds:.3f} ms",
                "roofline": f"{1e3 * row.roofline:.3f} ms",
                "of roofline": f"{row.fraction:.1%}",
            }
            for row in kept.itertuples()
        ]
    return tabulate(lines, headers="keys", tablefmt="simple", disable_numparse=True)


def measured_peaks(dtype: torch.dtype, device: torch.device, timer: Timer, size: int = 8192) -> Peaks:
    """What torch's own product of two matrices [size, size], and a copy of one of them, reach."""
    left, right = (torch.randn(size, size, device=device, dtype=dtype) for _ in range(2))
    seconds = timer(lambda: left @ right), timer(lambda: right.copy_(left))
    return Peaks(flops=2 * size**3 / seconds[0], bandwidth=2 * left.nbytes / seconds[1])


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if not 1 <= options.top_k <= options.experts:
        parser.error(f"--top-k is {options.top_k}, which must be from 1 to --experts {options.experts}")
    if not torch.cuda.is_available():
        sys.exit("The tuner times kernels on an NVIDIA or AMD GPU, and torch sees none here.")

    def timer(function: Callable[[], object]) -> float:
        return do_bench(function, return_mode="median") / 1e3

    report(options, torch.device("cuda"), timer)


def report(options: argparse.Namespace, device: torch.device, timer: Timer) -> None:
    """Tunes every operation at the sizes of the options and prints what was found."""
    dtype, name = DTYPES[options.dtype], device_class(device)
    peaks = measured_peaks(dtype, device, timer)
    print(f"{name}, {options.dtype}: {peaks.flops / 1e12:.1f} TFLOP/s, {peaks.bandwidth / 1e12:.2f} TB/s")
    experts = _experts(options, dtype, device)
    for operation, function in _operations(experts, options, dtype, device).items():
        sizes = options.experts, options.hidden, options.intermediate, options.top_k
        roofline = work_of(operation, *sizes, dtype.itemsize).seconds(peaks)
        print(f"\n{operation}, {TOKENS} tokens")
        print(shown(tune(KERNELS[operation], name, dtype.itemsize, function, timer, roofline)))


def _is_likely(tiles: Tiles, own: Tiles, kernel: str, limits: Limits, dtype_bytes: int) -> bool:
    weights = 2 if kernel.endswith("gate_up") else 1
    in_registers = tiles.block_m * tiles.block_n * weights / (tiles.num_warps * limits.warp_size) <= MOST_RESULTS
    in_flight = (tiles.block_m + weights * tiles.block_n) * tiles.block_k * dtype_bytes * max(1, tiles.num_stages - 1)
    alike = 0.5 <= tiles.block_m * tiles.block_n / (own.block_m * own.block_n) <= 2
    return alike and in_registers and in_flight <= limits.block_shared and min(tiles.block_n, tiles.block_k) >= 16


def _seconds(operation: Callable[[], object], timer: Timer) -> float | None:
    """None where a device has no room for the tiles, which Triton finds out in several ways."""
    try:
        return timer(operation)
    except (TritonError, RuntimeError) as error:
        print(f"left out: {error}", file=sys.stderr)
        return None


def _experts(options: argparse.Namespace, dtype: torch.dtype, device: torch.device) -> nn.Module:
    sizes = {"hidden_size": options.hidden, "intermediate_size": options.intermediate}
    with torch.device(device):
        experts = MixtralExperts(MixtralConfig(**sizes, num_local_experts=options.experts)).to(dtype)
    for parameter in experts.requires_grad_(False).parameters():
        nn.init.normal_(parameter, std=0.02)
    return experts


def _operations(
    experts: nn.Module, options: argparse.Namespace, dtype: torch.dtype, device: torch.device
) -> dict[str, Callable[[], object]]:
    x = torch.randn(TOKENS, options.hidden, device=device, dtype=dtype)
    weights, index = torch.randn(TOKENS, options.experts, device=device).softmax(-1).topk(options.top_k)
    return {
        "expert_norms": lambda: expert_norms(experts, x, implementation="triton"),
        "expert_mlp": lambda: expert_mlp(experts, x, index, weights, implementation="triton"),
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m nbutils.kernels.tune",
        description="Time other tiles for the expert kernels on this machine's GPU.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--experts", type=int, default=64, help="experts of a layer")
    parser.add_argument("--top-k", type=int, default=8, help="experts of a token")
    parser.add_argument("--hidden", type=int, default=2048, help="hidden size")
    parser.add_argument("--intermediate", type=int, default=1024, help="neurons of an expert")
    parser.add_argument("--dtype", choices=DTYPES, default="bf16", help="of weights and tokens")
    return parser


if __name__ == "__main__":
    main()
