"""Tiny random models of several architectures."""

import torch
from transformers import AutoConfig, AutoModelForCausalLM

EXPERTS = 6
SIZES = {
    "vocab_size": 64,
    "hidden_size": 32,
    "intermediate_size": 48,
    "moe_intermediate_size": 24,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "num_experts_per_tok": 2,
    "max_position_embeddings": 64,
    "pad_token_id": 0,
    "bos_token_id": 0,
    "eos_token_id": 0,
}
DEEPSEEK = {
    "n_routed_experts": EXPERTS,
    "n_group": 3,
    "topk_group": 2,
    "first_k_dense_replace": 1,
    "q_lora_rank": 16,
    "kv_lora_rank": 16,
    "qk_nope_head_dim": 8,
    "qk_rope_head_dim": 8,
    "v_head_dim": 8,
    "num_key_value_heads": 4,
}
NEMOTRON = {
    "n_routed_experts": EXPERTS,
    "layers_block_type": ["mamba", "moe", "attention"],
    "mamba_num_heads": 4,
    "mamba_head_dim": 16,
    "ssm_state_size": 8,
    "n_groups": 1,
    "moe_shared_expert_intermediate_size": 40,
    "head_dim": 8,
    "chunk_size": 8,
}
ARIA = {"moe_num_experts": EXPERTS, "moe_topk": 2, "moe_num_shared_experts": 1}
GEMMA = {
    "num_experts": EXPERTS,
    "enable_moe_block": True,
    "top_k_experts": 2,
    "num_experts_per_tok": None,
    "head_dim": 8,
    "vocab_size_per_layer_input": 64,
    "hidden_size_per_layer_input": 8,
}
LOCAL, PLAIN = {"num_local_experts": EXPERTS}, {"num_experts": EXPERTS}

# model type: (its own settings, indices of the MoE layers, intermediate size, shared experts, path of the first block)
ARCHITECTURES = {
    "mixtral": (LOCAL, [0, 1, 2], 48, None, "model.layers.0.mlp"),
    "olmoe": (PLAIN, [0, 1, 2], 48, None, "model.layers.0.mlp"),
    "qwen2_moe": (PLAIN | {"shared_expert_intermediate_size": 40}, [0, 1, 2], 24, "Qwen2MoeMLP", "model.layers.0.mlp"),
    "qwen3_moe": (PLAIN | {"mlp_only_layers": [0], "head_dim": 8}, [1, 2], 24, None, "model.layers.1.mlp"),
    "deepseek_v3": (DEEPSEEK, [1, 2], 24, "DeepseekV3MLP", "model.layers.1.mlp"),
    "gpt_oss": (LOCAL | {"head_dim": 8}, [0, 1, 2], 48, None, "model.layers.0.mlp"),
    "nemotron_h": (NEMOTRON, [1], 24, "NemotronHMLP", "model.layers.1.mixer"),
    "aria_text": (ARIA, [0, 1, 2], 48, "AriaSharedExpertsMLP", "model.layers.0.mlp"),
    "granitemoe": (LOCAL, [0, 1, 2], 48, None, "model.layers.0.block_sparse_moe"),
    "granitemoeshared": (
        LOCAL | {"shared_intermediate_size": 40},
        [0, 1, 2],
        48,
        "GraniteMoeSharedMLP",
        "model.layers.0.block_sparse_moe",
    ),
    "phimoe": (LOCAL, [0, 1, 2], 48, None, "model.layers.0.mlp"),
    "gemma4_text": (GEMMA, [0, 1, 2], 24, None, "model.layers.0"),
    "hunyuan_v1_moe": (PLAIN | {"moe_topk": 2, "head_dim": 8}, [0, 1, 2], 48, "HunYuanMoEV1MLP", "model.layers.0.mlp"),
    "afmoe": (PLAIN | {"num_dense_layers": 1, "head_dim": 8}, [1, 2], 24, "AfmoeMLP", "model.layers.1.mlp"),
}


# model type: (its own settings, part of the reason why it cannot be observed)
OFF = "is not on transformers' experts interface"
OUTSIDE = {
    "llama4_text": (LOCAL | {"head_dim": 8, "intermediate_size_mlp": 48}, "hidden states times the router's score"),
    "jetmoe": (LOCAL | {"kv_channels": 8}, f"JetMoeMoE {OFF}"),
    "dbrx": (
        {
            "d_model": 32,
            "n_heads": 4,
            "n_layers": 3,
            "attn_config": {"kv_n_heads": 2, "rope_theta": 1e4, "clip_qkv": 8.0},
            "ffn_config": {"ffn_hidden_size": 24, "moe_num_experts": EXPERTS, "moe_top_k": 2},
        },
        f"DbrxExperts {OFF}",
    ),
    "longcat_flash": (
        DEEPSEEK | {"zero_expert_num": 2, "expert_ffn_hidden_size": 24, "ffn_hidden_size": 24, "num_hidden_layers": 6},
        f"LongcatFlashExperts {OFF}",
    ),
}


def build(model_type, **settings):
    config = AutoConfig.for_model(model_type, **(SIZES | settings))
    config._experts_implementation = "eager"
    torch.manual_seed(0)
    return AutoModelForCausalLM.from_config(config).eval().requires_grad_(False)
