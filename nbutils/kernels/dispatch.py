"""What every expert does to every token, and what the chosen ones do to theirs, by the means that the device offers."""

import functools
import importlib.util
import warnings

import torch
from torch import Tensor, nn

from nbutils.kernels.checks import check_no_gradient, check_routing, check_tokens
from nbutils.kernels.gates import Activation, activation_of
from nbutils.kernels.reference import ExpertStatistics, norms_in_torch
from nbutils.kernels.routed import routed_in_torch
from nbutils.kernels.tiles import device_class

IMPLEMENTATIONS = ("auto", "triton", "torch")
# Between neighbours of a row: the kernels step over up to 256 of them at a time, in 32 bits.
MAX_STRIDE = 2**23
DTYPES = (torch.bfloat16, torch.float16, torch.float32)


@torch.no_grad()
def expert_norms(
    experts: nn.Module, hidden_states: Tensor, threshold: float = 1e-3, implementation: str = "auto"
) -> ExpertStatistics:
    """Runs every expert on every token and keeps only statistics: memory is [T, E], never [T, E, H].

    Args:
        experts: a module of transformers' experts interface; any of its layouts.
        hidden_states: [T, H], the input of the MoE layer; no gradient flows back to it.
        threshold: an activation counts as active above this absolute value (0.001 as in Lo et al., arXiv 2406.18219,
            appendix H, which looks at the activated gate alone, before it meets the up projection).
        implementation: "triton" for the kernels, "torch", or "auto": the kernels on an NVIDIA or AMD GPU, else torch.
            Experts that the kernels do not know go to torch in any case, with a warning.

    Raises:
        ValueError: tokens do not fit the experts, or "triton" is asked for where it cannot run.
    """
    check_tokens(experts, hidden_states)
    activation = _for_triton(experts, hidden_states, implementation)
    if activation is None:
        return norms_in_torch(experts, hidden_states, threshold)
    from nbutils.kernels.launch import norms_in_triton

    return norms_in_triton(experts, hidden_states, threshold, activation)


def expert_mlp(
    experts: nn.Module, hidden_states: Tensor, top_k_index: Tensor, top_k_weights: Tensor, implementation: str = "auto"
) -> Tensor:
    """The routed forward pass of one MoE layer, for inference: no token is dropped, and repeats give the same bits.

    Args:
        experts: a module of transformers' experts interface; any of its layouts.
        hidden_states: [T, H], the input of the MoE layer.
        top_k_index: [T, k] the experts of each token, int64 or int32.
        top_k_weights: [T, k] what their outputs are multiplied by, in float32 or wider.
        implementation: as for `expert_norms`.

    Returns:
        [T, H] in the dtype of `hidden_states`.

    Raises:
        ValueError: tokens do not fit the experts, an expert does not exist, a gradient is wanted, or "triton" is asked
            for where it cannot run.
    """
    check_tokens(experts, hidden_states)
    check_no_gradient("expert_mlp", hidden_states, top_k_weights, *experts.parameters())
    check_routing(experts.num_experts, hidden_states, top_k_index, top_k_weights)
    activation = _for_triton(experts, hidden_states, implementation)
    if activation is None:
        return routed_in_torch(experts, hidden_states, top_k_index, top_k_weights)
    from nbutils.kernels.launch import routed_in_triton

    return routed_in_triton(experts, hidden_states, top_k_index, top_k_weights, activation)


def _for_triton(experts: nn.Module, hidden_states: Tensor, implementation: str) -> Activation | None:
    """What the kernels are to compute; None where torch is to do it."""
    if implementation not in IMPLEMENTATIONS:
        raise ValueError(f"implementation is {implementation!r}: choose from {', '.join(IMPLEMENTATIONS)}.")
    if implementation == "torch" or (implementation == "auto" and hidden_states.device.type != "cuda"):
        return None
    if obstacle := _obstacle(experts, hidden_states):
        if implementation == "triton":
            raise ValueError(f"{obstacle}: use implementation='torch'.")
        return None
    activation = None if experts.has_post_expert_norm else activation_of(experts)
    if activation is None:
        _warn_unknown(type(experts))
    return activation


def _obstacle(experts: nn.Module, hidden_states: Tensor) -> str:
    """Why the kernels cannot take these tokens, "" where they can."""
    if hidden_states.dtype not in DTYPES:
        return f"the Triton kernels take bfloat16, float16 and float32, and the experts are {hidden_states.dtype}"
    if any(max(tensor.stride()[1:]) >= MAX_STRIDE for tensor in (hidden_states, *experts.parameters(recurse=False))):
        return f"the Triton kernels take rows whose numbers lie less than {MAX_STRIDE} apart"
    if importlib.util.find_spec("triton") is None:
        return "triton is not installed"
    if hidden_states.device.type == "cpu":
        from nbutils.kernels.launch import INTERPRETED

        return "" if INTERPRETED else "the Triton kernels run on a GPU and hidden_states is on the CPU"
    try:
        device_class(hidden_states.device)
    except ValueError as error:
        return str(error).partition("; use ")[0]
    return ""


@functools.cache
def _warn_unknown(kind: type) -> None:
    warnings.warn(
        f"the Triton kernels do not know the activation or norm of {kind.__name__}, so its experts run in torch",
        stacklevel=4,
    )
