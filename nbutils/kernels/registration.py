"""The routed kernels as an experts implementation of transformers."""

from torch import Tensor, nn
from transformers.integrations.moe import ALL_EXPERTS_FUNCTIONS

from nbutils.kernels.dispatch import expert_mlp

NAME = "nbutils_triton"


def experts_forward(experts: nn.Module, hidden_states: Tensor, top_k_index: Tensor, top_k_weights: Tensor) -> Tensor:
    """`expert_mlp` by whatever the device offers, as transformers calls it."""
    return expert_mlp(experts, hidden_states, top_k_index, top_k_weights)


ALL_EXPERTS_FUNCTIONS.register(NAME, experts_forward)
