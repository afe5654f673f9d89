import gc
from types import SimpleNamespace

import pytest
import torch
from torch.nn.functional import silu

from nbutils.models import LoadedModel, ModelError, load_causal_lm, moe_layers
from tests.models.architectures import ARCHITECTURES, EXPERTS, LOCAL, OUTSIDE, PLAIN, build


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
    gc.collect()  # the layer keeps its model, with which the offloaded weights would go
    plain = moe_layers(load_causal_lm(saved_model, device="cpu"))[1]
    for name in ("gate", "up", "down"):
        assert torch.equal(getattr(offloaded, name)(2), getattr(plain, name)(2))


@pytest.mark.parametrize("model_type", ["llama", "gpt2"])
def test_a_dense_model_is_refused_with_its_mlps(model_type):
    model = LoadedModel("my-model", build(model_type, **({"n_layer": 2} if model_type == "gpt2" else {})), None)
    with pytest.raises(ModelError, match=r"model 'my-model' has no MoE layer; found dense MLPs at \S+\.0\.mlp, "):
        moe_layers(model)


def one_expert_alone(layer, expert, states):
    """The output of one expert of a block outside the interface, from the block's own parts."""
    if type(layer.experts).__name__ == "Llama4TextExperts":
        return layer.experts(states.repeat(layer.num_experts, 1)).unflatten(0, (layer.num_experts, -1))[expert]
    if type(layer.experts).__name__ == "JetMoeMoE":
        sizes = [len(states) * (other == expert) for other in range(layer.num_experts)]
        gate, up = layer.block.input_linear(states, sizes).chunk(2, dim=-1)
        return layer.block.output_linear(layer.block.activation(gate) * up, sizes)
    twice, halves = torch.full((len(states), 2), expert), torch.full((len(states), 2), 0.5)
    return layer.experts(states, twice, halves).reshape(len(states), -1)


@pytest.mark.parametrize("model_type", OUTSIDE)
def test_experts_outside_the_interface_are_read_and_not_observed(model_type):
    settings, reason = OUTSIDE[model_type]
    layers = moe_layers(build(model_type, **settings))
    assert [layer.index for layer in layers] == [0, 1, 2]
    for layer in layers:
        assert reason in layer.hindrance
        for weight in (*layer.experts.parameters(), *layer.router.parameters()):
            torch.nn.init.normal_(weight, std=0.3)
        states = torch.randn(5, layer.hidden_size)
        for expert in range(EXPERTS):
            neurons = silu(states @ layer.gate(expert).T) * (states @ layer.up(expert).T)
            own = one_expert_alone(layer, expert, states)
            torch.testing.assert_close(neurons @ layer.down(expert).T, own, rtol=1e-4, atol=1e-5)


def test_experts_that_cannot_be_read_are_refused_by_class():
    model = build("mixtral", **LOCAL)
    model.model.layers[0].mlp.experts = torch.nn.ModuleList()
    with pytest.raises(ModelError, match=r"experts of model\.layers\.0\.mlp in ModuleList, which cannot be read one"):
        moe_layers(model)


def test_a_router_that_scores_more_than_the_experts_hinders():
    layer = moe_layers(build("zaya", **PLAIN, num_experts_per_tok=1, head_dim=8))[0]  # it has an extra "skip" expert
    assert layer.hindrance == "its router scores 7 experts and 6 have weights, so that a token may be sent to none"
    assert layer.router_weight() is None  # an MLP


def test_a_router_that_scores_less_than_the_experts_is_refused():
    model = build("mixtral", **LOCAL)
    gate = model.model.layers[0].mlp.gate
    gate.weight = torch.nn.Parameter(gate.weight[:-1])
    with pytest.raises(ModelError, match=r"router of model\.layers\.0\.mlp .* scores 5 experts and 6 have weights"):
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
