"""What the expert kernels refuse, each with one sentence."""

import torch
from torch import Tensor, nn

from nbutils.kernels.interface import follow_interface, hidden_size_of


def check_tokens(experts: nn.Module, hidden_states: Tensor) -> None:
    """Raises ValueError unless the module is on transformers' experts interface and `hidden_states` [T, H] fit it."""
    kind = type(experts).__name__
    if not follow_interface(experts):
        raise ValueError(f"{kind} is not on transformers' experts interface: give the `experts` of an MoE block.")
    hidden = hidden_size_of(experts)
    if hidden_states.ndim != 2 or hidden_states.shape[1] != hidden:
        raise ValueError(
            f"hidden_states has shape {tuple(hidden_states.shape)} and {kind} takes [tokens, {hidden}]: "
            "flatten batch and sequence first."
        )
    for name, weight in experts.named_parameters(recurse=False):
        if weight.device != hidden_states.device:
            raise ValueError(f"{name} is on {weight.device} and hidden_states on {hidden_states.device}: move one.")
        if weight.dtype != hidden_states.dtype:
            raise ValueError(f"{name} is {weight.dtype} and hidden_states is {hidden_states.dtype}: convert one.")


def check_routing(num_experts: int, hidden_states: Tensor, top_k_index: Tensor, top_k_weights: Tensor) -> None:
    """Raises ValueError unless index and weights [T, k] send each of the tokens to experts that exist."""
    shapes = tuple(top_k_index.shape), tuple(top_k_weights.shape)
    if top_k_index.ndim != 2 or shapes[0] != shapes[1] or len(top_k_index) != len(hidden_states):
        raise ValueError(
            f"top_k_index and top_k_weights have shapes {shapes[0]} and {shapes[1]}: both must be "
            f"[{len(hidden_states)} tokens, k]."
        )
    if top_k_index.dtype not in (torch.int32, torch.int64):
        raise ValueError(f"top_k_index is {top_k_index.dtype}: experts are numbered in int64 or int32.")
    if not top_k_weights.is_floating_point():
        raise ValueError(f"top_k_weights is {top_k_weights.dtype}: weights are floating-point numbers.")
    for name, tensor in (("top_k_index", top_k_index), ("top_k_weights", top_k_weights)):
        if tensor.device != hidden_states.device:
            raise ValueError(f"{name} is on {tensor.device} and hidden_states on {hidden_states.device}: move one.")
    if top_k_index.numel():
        low, high = torch.stack(top_k_index.aminmax()).tolist()
        if low < 0 or high >= num_experts:
            wrong = low if low < 0 else high
            raise ValueError(f"top_k_index names expert {wrong}: experts are numbered from 0 to {num_experts - 1}.")


def check_no_gradient(function: str, *tensors: Tensor) -> None:
    """Raises ValueError where autograd would expect a gradient of one of `tensors`."""
    if torch.is_grad_enabled() and any(tensor.requires_grad for tensor in tensors):
        raise ValueError(f"{function} has no backward pass: call it under torch.no_grad() or detach its inputs.")
