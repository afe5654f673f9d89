"""Sparse upcycling: a mixture-of-experts model whose experts all begin as the feed-forward layer of a dense one."""

import torch
from transformers import MistralForCausalLM, MixtralConfig, MixtralForCausalLM


@torch.no_grad()
def upcycled(dense: MistralForCausalLM, *, experts: int, top_k: int, seed: int) -> MixtralForCausalLM:
    """A Mixtral model that computes the same function as `dense` until it is trained further.

    Every expert is a copy of the dense layer and the routing weights sum to one, so only the router is new; it is drawn
    from `seed` (Komatsuzaki et al. 2022, arXiv 2212.05055, section 3).
    """
    values = dense.config.to_dict()
    for key in ("architectures", "model_type", "transformers_version", "dtype"):
        values.pop(key, None)
    torch.manual_seed(seed)
    model = MixtralForCausalLM(MixtralConfig(**values, num_local_experts=experts, num_experts_per_tok=top_k))
    shared = {name: value for name, value in dense.state_dict().items() if ".mlp." not in name}
    model.load_state_dict(shared, strict=False)
    for source, target in zip(dense.model.layers, model.model.layers, strict=True):
        gate_up = torch.cat([source.mlp.gate_proj.weight, source.mlp.up_proj.weight])
        target.mlp.experts.gate_up_proj.copy_(gate_up.expand(experts, -1, -1))
        target.mlp.experts.down_proj.copy_(source.mlp.down_proj.weight.expand(experts, -1, -1))
    return model
