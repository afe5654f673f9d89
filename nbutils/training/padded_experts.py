"""An experts function for training on a CPU: every expert's tokens padded to one length and multiplied in one go."""

import torch
from torch import Tensor
from transformers.integrations.moe import ALL_EXPERTS_FUNCTIONS

NAME = "nbutils_padded"
ROW_MULTIPLE = 64


def padded_experts_forward(self, hidden_states: Tensor, top_k_index: Tensor, top_k_weights: Tensor) -> Tensor:
    """Routed forward of one MoE layer, differentiable, for gated, concatenated, unbiased experts [E, 2I, H].

    Args:
        self: the experts module.
        hidden_states: [T, H].
        top_k_index: [T, k] experts of each token.
        top_k_weights: [T, k] their routing weights.

    Returns:
        [T, H], equal to the model's own forward up to rounding.
    """
    tokens, k = top_k_index.shape
    experts, order = top_k_index.reshape(-1).sort(stable=True)
    counts = torch.bincount(experts, minlength=self.num_experts)
    rows = -(-int(counts.max()) // ROW_MULTIPLE) * ROW_MULTIPLE
    first = counts.cumsum(0) - counts
    slot = experts * rows + torch.arange(tokens * k) - first[experts]
    padded = hidden_states.new_zeros(self.num_experts * rows, hidden_states.shape[-1])
    padded = padded.index_copy(0, slot, hidden_states[order // k])
    gate_up = torch.bmm(padded.view(self.num_experts, rows, -1), self.gate_up_proj.mT)
    output = torch.bmm(self._apply_gate(gate_up), self.down_proj.mT).flatten(0, 1)
    wide = torch.promote_types(hidden_states.dtype, torch.float32)
    weighted = output[slot].to(wide) * top_k_weights.reshape(-1)[order, None].to(wide)
    back = torch.empty_like(order)
    back[order] = torch.arange(tokens * k)
    return weighted[back].view(tokens, k, -1).sum(1).to(hidden_states.dtype)


ALL_EXPERTS_FUNCTIONS.register(NAME, padded_experts_forward)
