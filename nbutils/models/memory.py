"""Estimates what a model needs before a byte of it is loaded, and compares that with what is free."""

import math
import tempfile
from collections.abc import Iterable, Mapping

import psutil
import torch

from nbutils.models.checkpoint import TensorHeader
from nbutils.models.errors import ModelError

CAST_DTYPES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2}  # bytes; `dtype` applies to these alone
STORED_BITS = {"I64": 64, "U64": 64, "C64": 64, "I32": 32, "U32": 32, "I16": 16, "U16": 16, "F4": 4}  # others: 8
TARGET_BYTES = {"float64": 8, "float32": 4, "bfloat16": 2, "float16": 2}
QUANTIZED_BYTES = {"4bit": 0.5, "8bit": 1.0}
UNQUANTIZED_PARTS = ("embed", "wte", "lm_head", "experts", "router", "gate.weight")


def weight_bytes(headers: Iterable[TensorHeader], dtype: str = "auto", quantization: str | None = None) -> int:
    """Bytes of a checkpoint's weights once loaded: count x bytes each, summed over tensors.

    Activations and caches come on top. `dtype` applies to floating-point tensors of 16 bits or more; integers and
    smaller floats (a checkpoint that is quantised already) count as stored. bitsandbytes converts `torch.nn.Linear`
    alone: embeddings, the output head, norms, routers and the experts of transformers' MoE layers, which are
    3-dimensional parameters, stay in `dtype`. On an MoE "4bit" therefore saves little, and the estimate shows it.

    Args:
        headers: name, dtype and shape of each tensor.
        dtype: "auto" (as stored) or the dtype the weights are cast to.
        quantization: None, "4bit" (half a byte per weight) or "8bit" (one).
    """
    return sum(math.ceil(math.prod(h.shape) * _item_bytes(h, dtype, quantization)) for h in headers)


def _item_bytes(header: TensorHeader, dtype: str, quantization: str | None) -> float:
    if header.dtype not in CAST_DTYPES:
        return STORED_BITS.get(header.dtype, 8) / 8
    if quantization and len(header.shape) == 2 and not any(part in header.name for part in UNQUANTIZED_PARTS):
        return QUANTIZED_BYTES[quantization]
    return TARGET_BYTES.get(dtype, CAST_DTYPES[header.dtype])


def free_bytes(devices: Iterable[str]) -> dict[str, int]:
    """Free bytes of each of `devices` ("cpu", "mps", "cuda:N", "disk"; disk is that of the temporary folder)."""
    return {device: _free_on(device) for device in devices}


def _free_on(device: str) -> int:
    if device.startswith("cuda"):
        return torch.cuda.mem_get_info(device)[0]
    if device == "disk":
        return psutil.disk_usage(tempfile.gettempdir()).free
    return psutil.virtual_memory().available  # an Apple GPU shares it


def require_room(name: str, needed: int, dtype: str, free: Mapping[str, int]) -> None:
    """Raises ModelError with the arithmetic and the ways out when `needed` bytes exceed the sum of `free`."""
    if needed <= sum(free.values()):
        return
    places = " + ".join(f"{_gigabytes(count)} on {device}" for device, count in free.items())
    precision = "its stored precision" if dtype == "auto" else dtype
    raise ModelError(
        f"model {name!r} needs {_gigabytes(needed)} for its weights in {precision} and {places} are free: "
        "choose a smaller dtype or quantization='4bit', device_map='auto', which offloads to other devices and disk, "
        "or a smaller model"
    )


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:,.2f} GB"
