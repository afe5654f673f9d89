"""Decides where a model goes and in which precision, before anything is read."""

import importlib.util
import re
from dataclasses import dataclass
from typing import get_args

import torch
from transformers import BitsAndBytesConfig

from nbutils.models.errors import ModelError
from nbutils.models.options import DEVICE_PATTERN, DType

DTYPES = get_args(get_args(DType)[0])


@dataclass(frozen=True)
class Placement:
    """Where and how the weights are held.

    `device_map` and `dtype` ("auto" means as stored) are what transformers takes; `devices` are the places that share
    the weights.
    """

    device_map: str | dict
    devices: tuple[str, ...]
    dtype: str
    quantization: str | None

    def quantization_config(self) -> BitsAndBytesConfig | None:
        """The bitsandbytes settings; 4 bits are NF4 with bfloat16 arithmetic."""
        if self.quantization == "4bit":
            return BitsAndBytesConfig(
                load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.bfloat16
            )
        return BitsAndBytesConfig(load_in_8bit=True) if self.quantization == "8bit" else None


def plan_placement(device: str, dtype: str, device_map: str | dict | None, quantization: str | None) -> Placement:
    """Resolves the placement arguments of `load_causal_lm`.

    Raises:
        ModelError: a value that is not allowed, a device that is not there, or arguments that exclude one another.
    """
    if dtype not in DTYPES:
        raise ModelError(f"dtype {dtype!r} is unknown: choose one of {', '.join(DTYPES)}")
    if device_map is None:
        chosen = choose_device(device)
        devices, device_map = (chosen,), {"": chosen}
    else:
        devices = _mapped_devices(device, device_map)
    if quantization is not None:
        _require_quantization(quantization, devices)
    if dtype == "float64" and "mps" in devices:
        raise ModelError("device 'mps' has no float64: choose dtype='float32' or device='cpu'")
    if dtype == "auto" and set(devices) <= {"cpu", "disk"}:
        dtype = "float32"  # half precision is slow, and partly missing, on CPU
    return Placement(device_map, devices, dtype, quantization)


def available_devices() -> list[str]:
    """The devices torch can use here, best first: each CUDA GPU, an Apple GPU, the CPU."""
    gpus = [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    return gpus + ["mps"] * torch.backends.mps.is_available() + ["cpu"]


def choose_device(device: str) -> str:
    """The device meant by "auto", "cuda", "cuda:N", "mps" or "cpu".

    Raises:
        ModelError: not one of these, or not available.
    """
    available = available_devices()
    if not re.fullmatch(DEVICE_PATTERN, device):
        raise ModelError(f"device {device!r} is unknown: choose auto, cpu, mps, cuda or cuda:N")
    chosen = {"auto": available[0], "cuda": "cuda:0"}.get(device, device)
    if chosen not in available:
        raise ModelError(f"device {device!r} is not available: choose one of auto, {', '.join(available)}")
    return chosen


def _mapped_devices(device: str, device_map: str | dict) -> tuple[str, ...]:
    if device != "auto":
        raise ModelError(f"device={device!r} and device_map exclude each other: leave one of them out")
    if device_map == "auto":
        return (*available_devices(), "disk")
    if not isinstance(device_map, dict) or not device_map:
        raise ModelError(f"device_map {device_map!r} is not allowed: choose None, 'auto' or a dict of module to device")
    places = dict.fromkeys(str(place) for place in device_map.values())
    named = dict.fromkeys(f"cuda:{place}" if place.isdigit() else place for place in places)
    return tuple(place if place == "disk" else choose_device(place) for place in named)


def _require_quantization(quantization: str, devices: tuple[str, ...]) -> None:
    if quantization not in ("4bit", "8bit"):
        raise ModelError(f"quantization {quantization!r} is unknown: choose None, '4bit' or '8bit'")
    if not any(device.startswith("cuda") for device in devices):
        raise ModelError(
            f"quantization={quantization!r} needs a CUDA GPU and the model goes to {', '.join(devices)}: "
            "leave quantization out, or choose dtype='bfloat16' to save memory"
        )
    if importlib.util.find_spec("bitsandbytes") is None:
        raise ModelError(f"quantization={quantization!r} needs bitsandbytes: install it with pip install bitsandbytes")
