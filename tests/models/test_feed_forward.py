import pytest
import torch
from torch import nn
from torch.nn.functional import silu
from transformers.pytorch_utils import Conv1D

from nbutils.models import moe_layers
from nbutils.models.feed_forward import feed_forward
from nbutils.models.matrices import LoadedParameters
from tests.models.architectures import ARCHITECTURES, build

HIDDEN, NEURONS = 6, 10


def module(**layers):
    part = nn.Module()
    for name, layer in layers.items():
        part.add_module(name, layer)
    return part


def view_of(part, index=0, name="mlp"):
    return feed_forward(part, index, name, LoadedParameters(part).read)


def linear(columns, rows):
    return nn.Linear(columns, rows, bias=False)


def gated(gate, up, down):
    return module(**{gate: linear(HIDDEN, NEURONS), up: linear(HIDDEN, NEURONS), down: linear(NEURONS, HIDDEN)})


@pytest.mark.parametrize("names", [("gate_proj", "up_proj", "down_proj"), ("w1", "w3", "w2"), ("wi_0", "wi_1", "wo")])
def test_three_projections(names):
    part = gated(*names)
    view = view_of(part, 3, "layers.3.mlp")
    assert (view.index, view.name, view.hidden_size, view.intermediate_size) == (3, "layers.3.mlp", HIDDEN, NEURONS)
    for read, name in zip((view.gate(), view.up(), view.down()), names, strict=True):
        assert torch.equal(read, part.get_submodule(name).weight)
        assert not read.requires_grad


@pytest.mark.parametrize("names", [("gate_up_proj", "down_proj"), ("input_linear", "output_linear")])
def test_gate_and_up_in_one(names):
    part = module(**{names[0]: linear(HIDDEN, 2 * NEURONS), names[1]: linear(NEURONS, HIDDEN)})
    view = view_of(part)
    assert torch.equal(torch.cat([view.gate(), view.up()]), part.get_submodule(names[0]).weight)
    assert torch.equal(view.down(), part.get_submodule(names[1]).weight)


@pytest.mark.parametrize("names", [("up_proj", "down_proj"), ("fc1", "fc2"), ("dense_h_to_4h", "dense_4h_to_h")])
def test_without_a_gate(names):
    part = module(**{names[0]: linear(HIDDEN, NEURONS), names[1]: linear(NEURONS, HIDDEN)})
    view = view_of(part)
    assert view.gate() is None
    assert torch.equal(view.up(), part.get_submodule(names[0]).weight)
    assert torch.equal(view.down(), part.get_submodule(names[1]).weight)


@pytest.mark.parametrize("neurons", [NEURONS, HIDDEN])  # square ones too
def test_transposed_projections(neurons):
    part = module(c_fc=Conv1D(neurons, HIDDEN), c_proj=Conv1D(HIDDEN, neurons))
    view = view_of(part)
    states, activations = torch.randn(4, HIDDEN), torch.randn(4, neurons)
    torch.testing.assert_close(states @ view.up().T, part.c_fc(states))
    torch.testing.assert_close(activations @ view.down().T, part.c_proj(activations))


@pytest.mark.parametrize(
    "part",
    [
        module(),
        linear(HIDDEN, NEURONS),
        module(up_proj=linear(HIDDEN, NEURONS)),
        module(up_proj=linear(HIDDEN, NEURONS), down_proj=linear(NEURONS + 1, HIDDEN)),
        module(gate_proj=linear(HIDDEN, 4), up_proj=linear(HIDDEN, 5), down_proj=linear(7, HIDDEN)),
        module(fc1=nn.Conv1d(HIDDEN, NEURONS, 3), fc2=linear(NEURONS, HIDDEN)),
    ],
)
def test_other_modules_are_no_feed_forward(part):
    assert view_of(part) is None


SHARED = [name for name, case in ARCHITECTURES.items() if case[3] is not None]


@pytest.mark.parametrize("model_type", SHARED)
def test_a_shared_expert_computed_from_the_view_is_the_model_s_own(model_type):
    layer = moe_layers(build(model_type, **ARCHITECTURES[model_type][0]))[-1]
    for weight in layer.shared_experts.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    view = layer.shared_feed_forward()
    assert view.index == layer.index
    states = torch.randn(5, view.hidden_size)
    neurons = states @ view.up().T
    gate = view.gate()
    neurons = neurons.relu() ** 2 if gate is None else silu(states @ gate.T) * neurons  # nemotron_h has no gate
    own = layer.shared_experts(states[None])[0]
    torch.testing.assert_close(neurons @ view.down().T, own, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("model_type", sorted(set(ARCHITECTURES) - set(SHARED)))
def test_without_a_shared_expert_there_is_no_view_of_it(model_type):
    assert moe_layers(build(model_type, **ARCHITECTURES[model_type][0]))[0].shared_feed_forward() is None


def test_shared_experts_with_a_score_each_are_not_one_mlp():
    settings = {"n_routed_experts": 6, "n_shared_experts": 2, "head_dim": 8, "num_key_value_heads": 4}
    layer = moe_layers(build("inkling_text", **settings))[0]
    assert layer.shared_experts is not None
    assert layer.shared_feed_forward() is None
