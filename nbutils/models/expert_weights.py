"""Reads single experts out of a module that follows transformers' experts interface.

Such a module holds all experts in 3-dimensional parameters; the flags that `use_experts_implementation` sets on it say
how: `has_gate` (`gate_up_proj`, else `up_proj`), `is_transposed` ([E, in, out], else [E, out, in]) and
`is_concatenated` (gate rows then up rows, else alternating).
"""

import torch
from accelerate.utils import align_module_device
from torch import Tensor, nn

FLAGS = ("has_gate", "is_transposed", "is_concatenated", "config")


def follow_interface(experts: nn.Module | None) -> bool:
    """Whether `experts` carries the flags and the parameters of the interface."""
    return all(hasattr(experts, flag) for flag in FLAGS) and all(
        isinstance(getattr(experts, name, None), Tensor) and getattr(experts, name).ndim == 3
        for name in (_up_name(experts), "down_proj")
    )


def stored_dtype(experts: nn.Module) -> torch.dtype:
    """The dtype of the experts' weights."""
    return experts.down_proj.dtype


def are_plain_floats(experts: nn.Module) -> bool:
    """Whether the weights mean what they say; 8-bit and smaller ones come with separate scales."""
    dtype = stored_dtype(experts)
    return dtype.is_floating_point and dtype.itemsize >= 2


def sizes(experts: nn.Module) -> tuple[int, int, int]:
    """Number of experts E, hidden size H and intermediate size I."""
    count, rows, columns = experts.down_proj.shape
    return (count, columns, rows) if experts.is_transposed else (count, rows, columns)


def gate_and_up(experts: nn.Module, expert: int) -> tuple[Tensor | None, Tensor]:
    """Gate and up projection of one expert, each [I, H]; no gate where `has_gate` is off."""
    stacked = _matrix(experts, _up_name(experts), expert)
    if not experts.has_gate:
        return None, stacked
    if experts.is_concatenated:
        gate, up = stacked.chunk(2)
        return gate, up
    return stacked[::2], stacked[1::2]


def down(experts: nn.Module, expert: int) -> Tensor:
    """Down projection of one expert, [H, I]."""
    return _matrix(experts, "down_proj", expert)


def _up_name(experts: nn.Module) -> str:
    return "gate_up_proj" if experts.has_gate else "up_proj"


def _matrix(experts: nn.Module, name: str, expert: int) -> Tensor:
    """One expert's matrix as [out, in]."""
    with align_module_device(experts):  # an offloaded weight is brought in; any other stays where it is
        matrix = getattr(experts, name)[expert].detach()
    return matrix.T if experts.is_transposed else matrix
