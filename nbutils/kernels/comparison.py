"""How alike the outputs of all experts are for the same token, in plain torch."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from nbutils.kernels.reference import (
    ROWS,
    ExpertStatistics,
    empty_statistics,
    expert_activations,
    expert_outputs,
    measure_expert,
)

# Outputs that are held at a time, in numbers: 1 GB in float32.
OUTPUTS = 2**28


@dataclass(frozen=True)
class OutputComparison:
    """Similarity of the outputs of M members: E experts, then whatever else was run on the same tokens.

    Attributes:
        cosine: [M, M] sum over tokens of the cosine of two members' outputs, float64 (float32 on MPS).
        angular: [M, M] sum over tokens of 1 - arccos(cosine) / pi.
        direction: [M, H] sum over tokens of the outputs at unit length.
        mean_cosine: [T, 1 + M - E] for each token, mean cosine over pairs of experts, then over pairs of an expert with
            each further member; 0 where there is one expert.
        mean_angular: the same of the angular similarity.
    """

    cosine: Tensor
    angular: Tensor
    direction: Tensor
    mean_cosine: Tensor
    mean_angular: Tensor


@torch.no_grad()
def compare_outputs(
    experts: nn.Module,
    hidden_states: Tensor,
    others: Sequence[Callable[[Tensor], Tensor]] = (),
    threshold: float = 1e-3,
) -> tuple[ExpertStatistics, OutputComparison]:
    """Runs every expert on every token, and compares outputs besides what `expert_norms` keeps.

    Outputs are held for a block of tokens only. An output of zeros has cosine 0 with all others (Lo et al., arXiv
    2406.18219, section 5.1, compares outputs in this way).

    Args:
        experts: a module of transformers' experts interface; any of its layouts.
        hidden_states: [T, H], the input of the MoE layer.
        others: shared experts, say; each from [T, H] to [T, H].
        threshold: as for `expert_norms`.
    """
    statistics = empty_statistics(experts, hidden_states)
    tokens, width = hidden_states.shape
    count = experts.num_experts
    members = count + len(others)
    size = min(ROWS, max(1, OUTPUTS // (members * width)))
    outputs = hidden_states.new_empty(min(size, tokens), members, width, dtype=statistics.norm.dtype)
    sums = [hidden_states.new_zeros(shape, dtype=_sum_dtype(hidden_states)) for shape in _sum_shapes(members, width)]
    means = [statistics.norm.new_empty(tokens, 1 + len(others)) for _ in range(2)]
    for start in range(0, tokens, size):
        rows = slice(start, start + size)
        block = hidden_states[rows]
        held = outputs[: len(block)]
        for expert in range(count):
            held[:, expert] = measure_expert(experts, expert, block, threshold, statistics, rows)
        for i, other in enumerate(others, count):
            held[:, i] = other(block)
        norms = [statistics.norm[rows], torch.linalg.vector_norm(held[:, count:], dim=-1)]
        directions = held.div_(torch.cat(norms, 1).clamp_min_(torch.finfo(held.dtype).tiny)[..., None])
        cosine = directions @ directions.mT
        angular = 1 - cosine.clamp(-1, 1).arccos() / torch.pi
        for total, values in zip(sums, (cosine, angular, directions), strict=True):
            total += values.sum(0)
        for mean, values in zip(means, (cosine, angular), strict=True):
            mean[rows] = _pair_means(values, count)
    return statistics, OutputComparison(*sums, *means)


@torch.no_grad()
def all_outputs(experts: nn.Module, hidden_states: Tensor, others: Sequence[Callable[[Tensor], Tensor]] = ()) -> Tensor:
    """Outputs [T, M, H] of every expert and of `others` for every token, in float32 or wider: for few tokens only."""
    own = [
        expert_outputs(experts, {expert: expert_activations(experts, {expert: hidden_states})})
        for expert in range(experts.num_experts)
    ]
    outputs = torch.stack([*own, *(other(hidden_states) for other in others)], dim=1)
    return outputs.to(torch.promote_types(outputs.dtype, torch.float32))


def _sum_dtype(hidden_states: Tensor) -> torch.dtype:
    return torch.float32 if hidden_states.device.type == "mps" else torch.float64


def _sum_shapes(members: int, width: int) -> tuple[tuple[int, int], ...]:
    return (members, members), (members, members), (members, width)


def _pair_means(similarity: Tensor, experts: int) -> Tensor:
    """Means [T, 1 + M - E] over pairs of experts and over an expert with each further member, from [T, M, M]."""
    among = similarity[:, :experts, :experts]
    pairs = among.sum((1, 2)) - among.diagonal(dim1=1, dim2=2).sum(1)
    return torch.cat([pairs[:, None] / max(1, experts * (experts - 1)), similarity[:, :experts, experts:].mean(1)], 1)
