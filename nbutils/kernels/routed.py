"""The routed forward pass of one MoE layer, in plain torch."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from nbutils.kernels.interface import neurons_of
from nbutils.kernels.reference import expert_activations, expert_outputs

# Bytes of gate and up products of the experts that are run together: they stay in a core's second-level cache.
PRODUCTS = 2**20


def sorted_slots(top_k_index: Tensor, num_experts: int) -> tuple[Tensor, Tensor]:
    """Slots [T * k] in the order of their experts, and how many [E] each expert has.

    Slot t * k + j is the j-th expert of token t; slots of one expert stay in the order of tokens.
    """
    chosen = top_k_index.flatten()
    counts = torch.zeros(num_experts, dtype=torch.int64, device=chosen.device)
    counts.scatter_add_(0, chosen.long(), torch.ones_like(chosen, dtype=torch.int64))
    return chosen.argsort(stable=True), counts


@torch.no_grad()
def routed_in_torch(experts: nn.Module, hidden_states: Tensor, top_k_index: Tensor, top_k_weights: Tensor) -> Tensor:
    """Output [T, H] of the experts that the router chose; arguments as for `expert_mlp`.

    Experts with few tokens share a gather, an activation and a sum. Outputs are added up in the order of the experts.
    Two of one expert for the same token are added in any order on a GPU, where all else repeats bit by bit.
    """
    top_k = top_k_index.shape[1]
    slots, counts = sorted_slots(top_k_index, experts.num_experts)
    wide = torch.promote_types(hidden_states.dtype, torch.float32)
    result = torch.zeros_like(hidden_states, dtype=wide)
    weights = top_k_weights.flatten().to(wide)[slots, None]
    tokens = slots // max(1, top_k)
    most_rows = PRODUCTS // (2 * neurons_of(experts) * hidden_states.element_size())
    start = 0
    for rows in _groups(counts.tolist(), most_rows):
        group = slice(start, start + sum(rows.values()))
        inputs = _parted(hidden_states[tokens[group]], rows)
        activations = _parted(expert_activations(experts, inputs), rows)
        result.index_add_(0, tokens[group], expert_outputs(experts, activations) * weights[group])
        start = group.stop
    return result.to(hidden_states.dtype)


def _groups(counts: list[int], most_rows: int) -> Iterator[dict[int, int]]:
    """Rows of each expert that has any, in groups of consecutive experts with at most `most_rows`, or of one expert."""
    group: dict[int, int] = {}
    for expert, count in enumerate(counts):
        if group and sum(group.values()) + count > most_rows:
            yield group
            group = {}
        if count:
            group[expert] = count
    if group:
        yield group


def _parted(values: Tensor, rows: dict[int, int]) -> dict[int, Tensor]:
    return dict(zip(rows, values.split([*rows.values()]), strict=True))
