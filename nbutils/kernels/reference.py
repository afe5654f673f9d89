"""The output norm of every expert for every token, in plain torch: exact in float64, and what runs on a CPU."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from nbutils.kernels.interface import first_projection

# Rows whose activations fit a core's second-level cache at common sizes; larger blocks wait for memory.
ROWS = 512


@dataclass(frozen=True)
class ExpertStatistics:
    """Statistics of all experts, each [tokens, experts], float32 or wider.

    Attributes:
        norm: L2 norm of the expert's output, before the routing weight is applied.
        abs_sum: sum over neurons of |h|, h being the activations that enter the down projection.
        square_sum: sum of h^2.
        abs_max: largest |h|.
        above: number of neurons with |h| > `threshold`.
    """

    norm: Tensor
    abs_sum: Tensor
    square_sum: Tensor
    abs_max: Tensor
    above: Tensor


@torch.no_grad()
def norms_in_torch(experts: nn.Module, hidden_states: Tensor, threshold: float) -> ExpertStatistics:
    """Statistics of all experts on tokens [T, H], each [T, E]; arguments as for `expert_norms`."""
    result = empty_statistics(experts, hidden_states)
    for start in range(0, len(hidden_states), ROWS):
        rows = slice(start, start + ROWS)
        for expert in range(experts.num_experts):
            measure_expert(experts, expert, hidden_states[rows], threshold, result, rows)
    return result


def empty_statistics(experts: nn.Module, hidden_states: Tensor) -> ExpertStatistics:
    """Room for the statistics of all experts on tokens [T, H]."""
    shape = (len(hidden_states), experts.num_experts)
    wide = torch.promote_types(hidden_states.dtype, torch.float32)
    return ExpertStatistics(*(hidden_states.new_empty(shape, dtype=wide) for _ in range(5)))


def measure_expert(
    experts: nn.Module, expert: int, block: Tensor, threshold: float, result: ExpertStatistics, rows: slice
) -> Tensor:
    """Fills in the `rows` of `result` for one expert on a block of tokens [T, H], and returns its outputs [T, H]."""
    wide = result.norm.dtype
    activations = expert_activations(experts, {expert: block})
    output = expert_outputs(experts, {expert: activations})
    result.norm[rows, expert] = torch.linalg.vector_norm(output, dim=-1, dtype=wide)
    magnitude = activations.abs_()
    result.abs_sum[rows, expert] = magnitude.sum(-1, dtype=wide)
    result.square_sum[rows, expert] = torch.linalg.vector_norm(magnitude, dim=-1, dtype=wide).square_()
    result.abs_max[rows, expert] = magnitude.amax(-1)
    result.above[rows, expert] = magnitude.gt_(threshold).sum(-1, dtype=wide)
    return output


def expert_activations(experts: nn.Module, tokens: Mapping[int, Tensor]) -> Tensor:
    """Activations [rows, I], what the down projection receives: of each expert on its own tokens [rows, H], in turn."""
    products = _products(experts, first_projection(experts), tokens)
    return experts._apply_gate(products) if experts.has_gate else experts.act_fn(products)


def expert_outputs(experts: nn.Module, activations: Mapping[int, Tensor]) -> Tensor:
    """Outputs [rows, H] of each expert from its own activations [rows, I], in turn, before the routing weight."""
    outputs = _products(experts, "down_proj", activations)
    return experts.post_expert_norm(outputs) if experts.has_post_expert_norm else outputs


def _products(experts: nn.Module, name: str, inputs: Mapping[int, Tensor]) -> Tensor:
    weights, biases = getattr(experts, name), getattr(experts, f"{name}_bias", None)
    weights = weights if experts.is_transposed else weights.mT  # [E, in, out]
    rows = [len(part) for part in inputs.values()]
    result = weights.new_empty(sum(rows), weights.shape[2])
    for (expert, part), out in zip(inputs.items(), result.split(rows), strict=True):
        if experts.has_bias:
            torch.addmm(biases[expert], part, weights[expert], out=out)
        else:
            torch.mm(part, weights[expert], out=out)
    return result
