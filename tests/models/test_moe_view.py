from types import SimpleNamespace

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM

from nbutils.models import LoadedModel, ModelError, load_causal_lm, moe_layers

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


def build(model_type, **settings):
    config = AutoConfig.for_model(model_type, **(SIZES | settings))
    config._experts_implementation = "eager"
    torch.manual_seed(0)
    return AutoModelForCausalLM.from_config(config).eval().requires_grad_(False)


@pytest.fixture(scope="module", params=ARCHITECTURES)
def case(request):
    model = build(request.param, **ARCHITECTURES[request.param][0])
    layers = moe_layers(model)
    for layer in layers:
        for weight in layer.experts.parameters():  # some biases start at zero, some weights uninitialised
            torch.nn.init.normal_(weight, std=0.3)
    return request.param, model, layers


def test_every_moe_layer_is_found_with_its_sizes(case):
    model_type, model, layers = case
    _, indices, intermediate_size, shared, name = ARCHITECTURES[model_type]
    assert [layer.index for layer in layers] == indices
    assert layers[0].name == name
    for layer in layers:
        assert (layer.num_experts, layer.top_k) == (EXPERTS, 2)
        assert (layer.hidden_size, layer.intermediate_size) == (32, intermediate_size)
        assert layer.block is model.get_submodule(layer.name)
        assert layer.experts is layer.block.experts
        assert shared == (type(layer.shared_experts).__name__ if layer.shared_experts is not None else None)


def test_the_router_found_is_the_one_the_model_asks(case):
    _, model, layers = case
    outputs = {}
    hooks = [
        layer.router.register_forward_hook(lambda module, args, out, index=layer.index: outputs.update({index: out}))
        for layer in layers
    ]
    model(torch.arange(1, 8)[None])
    for hook in hooks:
        hook.remove()
    for layer in layers:
        assert outputs[layer.index][2].shape == (7, layer.top_k)
        assert outputs[layer.index][2].max() < layer.num_experts


def by_hand(layer, expert, states):
    """One expert's output from the view's weights; only biases and activation come from the module."""
    experts = layer.experts
    gate, up = layer.gate(expert), layer.up(expert)
    if gate is None:
        return experts.act_fn(states @ up.T) @ layer.down(expert).T
    if type(experts).__name__ != "GptOssExperts":
        return (experts.act_fn(states @ gate.T) * (states @ up.T)) @ layer.down(expert).T
    gate_bias, up_bias = experts.gate_up_proj_bias[expert][::2], experts.gate_up_proj_bias[expert][1::2]
    gated = (states @ gate.T + gate_bias).clamp(max=experts.limit)
    linear = (states @ up.T + up_bias).clamp(-experts.limit, experts.limit)
    neurons = (linear + 1) * gated * torch.sigmoid(experts.alpha * gated)
    return neurons @ layer.down(expert).T + experts.down_proj_bias[expert]


def test_an_expert_computed_from_the_view_is_the_model_s_own(case):
    _, _, layers = case
    layer = layers[-1]
    states = torch.randn(5, layer.hidden_size)
    for expert in range(layer.num_experts):
        index = torch.full((5, 1), expert)
        own = layer.experts(states, index, torch.ones(5, 1))
        torch.testing.assert_close(by_hand(layer, expert, states), own, rtol=1e-4, atol=1e-5)


def test_weights_are_views_of_the_right_shape(case):
    _, _, layers = case
    layer = layers[0]
    stored = {weight.untyped_storage().data_ptr() for weight in layer.experts.parameters()}
    wide = (layer.intermediate_size, layer.hidden_size)
    for weight, shape in ((layer.gate(1), wide), (layer.up(1), wide), (layer.down(1), wide[::-1])):
        if weight is not None:
            assert weight.shape == shape
            assert weight.untyped_storage().data_ptr() in stored
            assert not weight.requires_grad


def test_only_non_gated_experts_have_no_gate(case):
    model_type, _, layers = case
    assert (layers[0].gate(0) is None) == (model_type == "nemotron_h")


def test_a_loaded_model_is_taken_as_it_is(saved_model):
    loaded = load_causal_lm(saved_model, device="cpu")
    assert [layer.block for layer in moe_layers(loaded)] == [layer.block for layer in moe_layers(loaded.model)]


def test_weights_offloaded_to_disk_are_read_on_demand(saved_model):
    places = dict.fromkeys(("model.embed_tokens", "model.layers.0", "model.norm", "model.rotary_emb", "lm_head"), "cpu")
    places["model.layers.1"] = "disk"
    offloaded = moe_layers(load_causal_lm(saved_model, device_map=places))[1]
    plain = moe_layers(load_causal_lm(saved_model, device="cpu"))[1]
    for name in ("gate", "up", "down"):
        assert torch.equal(getattr(offloaded, name)(2), getattr(plain, name)(2))


@pytest.mark.parametrize("model_type", ["llama", "gpt2"])
def test_a_dense_model_is_refused_with_its_mlps(model_type):
    model = LoadedModel("my-model", build(model_type, **({"n_layer": 2} if model_type == "gpt2" else {})), None)
    with pytest.raises(ModelError, match=r"model 'my-model' has no MoE layer; found dense MLPs at \S+\.0\.mlp, "):
        moe_layers(model)


@pytest.mark.parametrize(
    ("model_type", "settings", "named"),
    [
        ("llama4_text", {"num_local_experts": 4, "head_dim": 8, "intermediate_size_mlp": 48}, "Llama4TextExperts"),
        ("jetmoe", {"num_local_experts": 4, "kv_channels": 8}, "JetMoe"),
    ],
)
def test_experts_outside_the_interface_are_refused_by_class(model_type, settings, named):
    with pytest.raises(ModelError, match=f"{named}.*cannot be measured one by one"):
        moe_layers(build(model_type, **settings))


def test_a_router_of_another_width_is_refused():
    model = build("zaya", **PLAIN, num_experts_per_tok=1, head_dim=8)  # its router has an extra "skip" expert
    with pytest.raises(ModelError, match=r"router of model\.layers\.0\.mlp .* scores 7 experts and 6 have weights"):
        moe_layers(model)


def test_a_router_whose_width_cannot_be_seen_is_refused():
    model = build("mixtral", **LOCAL)
    model.model.layers[1].mlp.gate = torch.nn.Identity()
    with pytest.raises(ModelError, match=r"router of model\.layers\.1\.mlp .* scores an unknown number"):
        moe_layers(model)


def test_eight_bit_experts_are_refused():
    model = build("mixtral", **LOCAL)
    experts = model.model.layers[0].mlp.experts
    experts.down_proj = torch.nn.Parameter(experts.down_proj.to(torch.float8_e4m3fn), requires_grad=False)
    with pytest.raises(ModelError, match="float8_e4m3fn"):
        moe_layers(model)


def test_a_model_that_hides_its_top_k_is_refused():
    model = build("mixtral", **LOCAL)
    block = model.model.layers[0].mlp
    del block.top_k, block.gate.top_k
    assert moe_layers(model)[0].top_k == 2  # from the config
    block.experts.config = SimpleNamespace()
    with pytest.raises(ModelError, match=r"how many experts model\.layers\.0\.mlp chooses"):
        moe_layers(model)
