from types import SimpleNamespace

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from transformers.activations import ACT2FN
from transformers.integrations.moe import use_experts_implementation

from nbutils.models import expert_weights
from nbutils.models.matrices import LoadedParameters


def pack(gate, up, down, *, transposed, concatenated):
    """Lays experts' matrices ([E, I, H], [E, I, H] or None, [E, H, I]) out as a decorated experts class stores them."""
    if gate is None:
        wide = up
    elif concatenated:
        wide = torch.cat([gate, up], dim=1)
    else:
        wide = torch.stack([gate, up], dim=2).flatten(1, 2)
    return (wide.mT.contiguous(), down.mT.contiguous()) if transposed else (wide, down)


def experts_module(gate, up, down, *, transposed, concatenated):
    @use_experts_implementation(is_transposed=transposed, is_concatenated=concatenated, has_gate=gate is not None)
    class Experts(nn.Module):
        def __init__(self, config):
            super().__init__()
            wide, narrow = pack(gate, up, down, transposed=transposed, concatenated=concatenated)
            setattr(self, "up_proj" if gate is None else "gate_up_proj", nn.Parameter(wide))
            self.down_proj = nn.Parameter(narrow)
            self.act_fn = ACT2FN["silu"]
            self.num_experts = len(up)

        def forward(self, hidden_states, top_k_index, top_k_weights):
            raise NotImplementedError

    return Experts(SimpleNamespace(_experts_implementation="batched_mm"))


def matrices_of(experts, expert):
    layout = expert_weights.layout_of(experts)
    parts = (layout.projections.gate, layout.projections.up, layout.projections.down)
    return [part and part.of(LoadedParameters(experts).read, experts, layout.index(expert)) for part in parts]


@given(
    count=st.integers(1, 4),
    hidden=st.integers(1, 6),
    intermediate=st.integers(1, 6),
    transposed=st.booleans(),
    concatenated=st.booleans(),
    gated=st.booleans(),
    data=st.data(),
)
def test_any_layout_gives_back_the_matrices_it_was_packed_from(
    count, hidden, intermediate, transposed, concatenated, gated, data
):
    gate = torch.randn(count, intermediate, hidden) if gated else None
    up, down = torch.randn(count, intermediate, hidden), torch.randn(count, hidden, intermediate)
    experts = experts_module(gate, up, down, transposed=transposed, concatenated=concatenated)
    expert = data.draw(st.integers(0, count - 1))
    layout = expert_weights.layout_of(experts)
    assert expert_weights.follow_interface(experts)
    assert (layout.num_experts, layout.hidden_size, layout.intermediate_size) == (count, hidden, intermediate)
    found_gate, found_up, found_down = matrices_of(experts, expert)
    assert torch.equal(found_up, up[expert])
    assert torch.equal(found_down, down[expert])
    assert found_gate is None if gate is None else torch.equal(found_gate, gate[expert])


@given(transposed=st.booleans(), gated=st.booleans())
def test_packed_experts_are_what_transformers_computes_with(transposed, gated):
    gate = torch.randn(3, 5, 4) if gated else None
    up, down = torch.randn(3, 5, 4), torch.randn(3, 4, 5)
    experts = experts_module(gate, up, down, transposed=transposed, concatenated=True)
    states = torch.randn(2, 4)
    own = experts(states, torch.full((2, 1), 1), torch.ones(2, 1))
    found_gate, found_up, found_down = matrices_of(experts, 1)
    neurons = experts.act_fn(states @ (found_up if found_gate is None else found_gate).T)
    neurons = neurons if found_gate is None else neurons * (states @ found_up.T)
    torch.testing.assert_close(neurons @ found_down.T, own, rtol=1e-4, atol=1e-5)


@given(
    count=st.integers(1, 4),
    hidden=st.integers(1, 6),
    intermediate=st.integers(1, 6),
    transposed=st.booleans(),
    unused=st.integers(0, 2),
)
def test_without_flags_the_shapes_say_how_experts_are_laid_out(count, hidden, intermediate, transposed, unused):
    gate, up = torch.randn(count, intermediate, hidden), torch.randn(count, intermediate, hidden)
    down = torch.randn(count, hidden, intermediate)
    wide, narrow = pack(gate, up, down, transposed=transposed, concatenated=True)
    experts = nn.Module()
    experts.gate_up_proj = nn.Parameter(torch.cat([wide, wide[:1].expand(unused, -1, -1)]))
    experts.down_proj = nn.Parameter(narrow)
    assert not expert_weights.follow_interface(experts)
    assert expert_weights.layout_of(experts).num_experts == count
    for found, packed in zip(matrices_of(experts, count - 1), (gate, up, down), strict=True):
        assert torch.equal(found, packed[count - 1])


def test_shapes_that_fit_no_layout_are_refused():
    experts = nn.Module()
    experts.gate_up_proj, experts.down_proj = (nn.Parameter(torch.zeros(2, *shape)) for shape in ((6, 4), (5, 3)))
    assert expert_weights.layout_of(experts) is None


def test_other_modules_have_no_layout():
    modules = nn.ModuleList([nn.Linear(2, 2)])
    assert not expert_weights.follow_interface(modules)
    assert expert_weights.layout_of(modules) is None
