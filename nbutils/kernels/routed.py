"""The routed forward pass of one MoE layer, in plain torch."""

import torch
from torch import Tensor, nn

from nbutils.kernels.reference import expert_activations, expert_output


def sorted_slots(top_k_index: Tensor, num_experts: int) -> tuple[Tensor, Tensor]:
    """Slots [T * k] in the order of their experts, and how many [E] each expert has.

    Slot t * k + j is the j-th expert of token t; slots of one expert stay in the order of tokens.
    """
    chosen = top_k_index.flatten()
    counts = torch.zeros(num_experts, dtype=torch.int64, device=chosen.device)
    counts.scatter_add_(0, chosen.long(), torch.ones_like(chosen, dtype=torch.int64))
    return chosen.argsort(stable=True), counts


def routed_in_torch(experts: nn.Module, hidden_states: Tensor, top_k_index: Tensor, top_k_weights: Tensor) -> Tensor:
    """Output [T, H] of the experts that the router chose; arguments as for `expert_mlp`.

    Outputs are added up in the order of the experts. Two of one expert for the same token are added in any order on a
    GPU, where all else repeats bit by bit.
    """
    top_k = top_k_index.shape[1]
    slots, counts = sorted_slots(top_k_index, experts.num_experts)
    wide = torch.promote_types(hidden_states.dtype, torch.float32)
    result = torch.zeros_like(hidden_states, dtype=wide)
    weights = top_k_weights.flatten().to(wide)[slots, None]
    sizes = {expert: count for expert, count in enumerate(counts.tolist()) if count}
    parts = (values.split([*sizes.values()]) for values in (slots // max(1, top_k), weights))
    for expert, tokens, own_weights in zip(sizes, *parts, strict=True):
        activations = expert_activations(experts, expert, hidden_states[tokens])
        result.index_add_(0, tokens, expert_output(experts, expert, activations) * own_weights)
    return result.to(hidden_states.dtype)
