import pytest
import torch

from nbutils.models import LoadedModel, ModelError, dense_layers, load_causal_lm
from tests.models.architectures import ARCHITECTURES, GEMMA, OUTSIDE, build

# model type: (its own settings, path of the first MLP)
DENSE = {
    "mistral": ({}, "model.layers.0.mlp"),
    "phi3": ({}, "model.layers.0.mlp"),
    "phi": ({}, "model.layers.0.mlp"),
    "starcoder2": ({}, "model.layers.0.mlp"),
    "nemotron": ({}, "model.layers.0.mlp"),
    "gpt2": ({"n_layer": 3, "n_embd": 32, "n_head": 4, "n_inner": 48}, "transformer.h.0.mlp"),
    "gptj": ({"n_layer": 3, "n_embd": 32, "n_head": 4, "n_inner": 48, "rotary_dim": 4}, "transformer.h.0.mlp"),
    "gpt_neox": ({}, "gpt_neox.layers.0.mlp"),
    "falcon": ({"ffn_hidden_size": 48}, "transformer.h.0.mlp"),
    "opt": ({"ffn_dim": 48, "word_embed_proj_dim": 32}, "model.decoder.layers.0"),
}


@pytest.mark.parametrize("model_type", DENSE)
def test_every_layer_of_a_dense_model_has_its_mlp(model_type):
    settings, name = DENSE[model_type]
    model = build(model_type, **settings)
    layers = dense_layers(model)
    assert [layer.index for layer in layers] == [0, 1, 2]
    assert layers[0].name == name
    for layer in layers:
        assert (layer.hidden_size, layer.intermediate_size) == (32, 48)
        assert layer.module is model.get_submodule(layer.name)
        assert layer.up().shape == (48, 32)
        assert layer.down().shape == (32, 48)


@pytest.mark.parametrize(("model_type", "index"), [("deepseek_v3", 0), ("qwen3_moe", 0), ("afmoe", 0)])
def test_dense_layers_before_moe_layers_are_found_and_shared_experts_are_not(model_type, index):
    assert [layer.index for layer in dense_layers(build(model_type, **ARCHITECTURES[model_type][0]))] == [index]


def test_a_dense_mlp_beside_the_experts_is_found():
    names = [layer.name for layer in dense_layers(build("gemma4_text", **GEMMA))]
    assert names == [f"model.layers.{index}.mlp" for index in range(3)]


def test_two_dense_mlps_in_a_layer_are_found():
    names = [layer.name for layer in dense_layers(build("longcat_flash", **OUTSIDE["longcat_flash"][0]))]
    assert names == [f"model.layers.{index}.mlps.{part}" for index in range(3) for part in range(2)]


def test_the_mlp_of_a_gated_norm_is_none_of_a_layer():
    model = build("axk2", n_routed_experts=6, q_lora_rank=16, kv_lora_rank=16, num_key_value_heads=4)
    assert [layer.name for layer in dense_layers(model)] == ["model.layers.0.mlp"]


@pytest.mark.parametrize("model_type", ["mixtral", "granitemoeshared", "zaya"])
def test_a_model_without_dense_layers_is_refused(model_type):
    settings = {"num_local_experts": 4} if model_type != "zaya" else {"num_experts_per_tok": 1, "head_dim": 8}
    with pytest.raises(ModelError, match="model 'mine' has no dense MLP that can be read: choose a dense model"):
        dense_layers(LoadedModel("mine", build(model_type, **settings), None))


def test_a_loaded_model_is_named(saved_model):
    with pytest.raises(ModelError, match=f"model '{saved_model}' has no dense MLP"):
        dense_layers(load_causal_lm(saved_model, device="cpu"))


def test_eight_bit_weights_are_refused():
    model = build("mistral")
    down = model.model.layers[1].mlp.down_proj
    down.weight = torch.nn.Parameter(down.weight.to(torch.float8_e4m3fn), requires_grad=False)
    with pytest.raises(
        ModelError, match=r"stores model\.layers\.1\.mlp in torch\.float8_e4m3fn, unreadable without its"
    ):
        dense_layers(model)
