"""The output norm of every expert for every token, in plain torch: exact in float64, and what runs on a CPU."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

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
    activations = expert_activations(experts, expert, block)
    output = expert_output(experts, expert, activations)
    result.norm[rows, expert] = torch.linalg.vector_norm(output, dim=-1, dtype=wide)
    magnitude = activations.abs_()
    result.abs_sum[rows, expert] = magnitude.sum(-1, dtype=wide)
    result.square_sum[rows, expert] = torch.linalg.vector_norm(magnitude, dim=-1, dtype=wide).square_()
    result.abs_max[rows, expert] = magnitude.amax(-1)
    result.above[rows, expert] = magnitude.gt_(threshold).sum(-1, dtype=wide)
    return output


def expert_activations(experts: nn.Module, expert: int, hidden_states: Tensor) -> Tensor:
    """Activations [T, I] of one expert: what its down projection receives."""
    if experts.has_gate:
        return experts._apply_gate(_project(experts, "gate_up_proj", expert, hidden_states))
    return experts.act_fn(_project(experts, "up_proj", expert, hidden_states))


def expert_output(experts: nn.Module, expert: int, activations: Tensor) -> Tensor:
    """Output [T, H] of one expert from its activations [T, I], before the routing weight."""
    output = _project(experts, "down_proj", expert, activations)
    return experts.post_expert_norm(output) if experts.has_post_expert_norm else output


def _project(experts: nn.Module, name: str, expert: int, inputs: Tensor) -> Tensor:
    weight = getattr(experts, name)[expert]
    bias = getattr(experts, f"{name}_bias")[expert] if experts.has_bias else None
    return F.linear(inputs, weight.mT if experts.is_transposed else weight, bias)
