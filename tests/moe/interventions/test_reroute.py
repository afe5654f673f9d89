import pytest
import torch

from nbutils.models import moe_layers
from nbutils.moe.interventions import rerouted
from nbutils.moe.interventions.choices import least_scored_experts
from nbutils.moe.observe import observed

IDS = torch.randint(1, 257, (2, 17), generator=torch.Generator().manual_seed(3))


def kept(layer, routed):
    return routed.top_k_index, routed.top_k_weights


@pytest.mark.parametrize("name", ["olmoe", "deepseek", "gpt_oss"])
@pytest.mark.parametrize("implementation", ["eager", "grouped_mm"])
def test_the_choice_is_changed_inside_and_the_model_is_bit_identical_afterwards(loaded, name, implementation):
    model = loaded(name).model
    model.config._experts_implementation = implementation
    before = model(IDS).logits

    with rerouted(moe_layers(model), least_scored_experts()):
        changed = model(IDS).logits
    with rerouted(moe_layers(model), kept):
        same = model(IDS).logits

    assert not torch.allclose(before, changed, atol=1e-2)
    assert torch.equal(before, same)
    assert torch.equal(before, model(IDS).logits)
    assert model.config._experts_implementation == implementation
    assert not any(layer.router._forward_hooks for layer in moe_layers(model))


def test_experts_chosen_by_hand_give_their_own_outputs(loaded):
    """The MoE block of one layer puts out what expert 4 alone does at weight 0.5."""
    model = loaded().model
    layer = moe_layers(model)[1]
    x = torch.randn(1, 5, layer.hidden_size)

    def fourth(layer, routed):
        return torch.full((5, 1), 4), torch.full((5, 1), 0.5)

    with rerouted([layer], fourth):
        output = layer.block(x)

    output = output[0] if isinstance(output, tuple) else output
    gate, up, down = layer.gate(4), layer.up(4), layer.down(4)
    expected = 0.5 * (torch.nn.functional.silu(x @ gate.T) * (x @ up.T)) @ down.T
    torch.testing.assert_close(output, expected)


def test_only_the_layers_given_are_changed(loaded):
    model = loaded().model
    layers, seen = moe_layers(model), []

    with rerouted(layers[1:2], least_scored_experts()), observed(layers, lambda layer, routed: seen.append(routed)):
        model(IDS)
    after = []
    with observed(layers, lambda layer, routed: after.append(routed)):
        model(IDS)

    assert torch.equal(seen[0].hidden_states, after[0].hidden_states)
    assert torch.equal(seen[1].hidden_states, after[1].hidden_states)
    assert not torch.allclose(seen[2].hidden_states, after[2].hidden_states)


def test_whoever_observes_from_outside_sees_the_new_choice(loaded):
    model = loaded().model
    [layer, *_], seen = moe_layers(model), []

    with observed([layer], lambda layer, routed: seen.append(routed)), rerouted([layer], least_scored_experts()):
        model(IDS)

    [routed] = seen
    worst = routed.router_logits.argsort(1)[:, :2].sort(1).values
    assert torch.equal(routed.top_k_index.sort(1).values, worst)


def test_an_error_inside_leaves_the_model_as_it_was(loaded):
    model = loaded().model
    before = model(IDS).logits

    def fail(layer, routed):
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"), rerouted(moe_layers(model), fail):
        model(IDS)

    assert torch.equal(before, model(IDS).logits)
    assert not any(layer.router._forward_hooks for layer in moe_layers(model))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda index, weights: (index + 5, weights), "change of layer 1 chooses expert .* numbered 0 to 5"),
        (lambda index, weights: (index - 9, weights), "change of layer 1 chooses expert -"),
        (lambda index, weights: (index[:-1], weights[:-1]), "one row for each of 34 tokens"),
        (lambda index, weights: (index, weights[:, :1]), r"shapes \(34, 2\) and \(34, 1\)"),
    ],
)
def test_a_choice_that_cannot_be_run_is_named(loaded, change, message):
    model = loaded().model

    def wrong(layer, routed):
        return change(routed.top_k_index, routed.top_k_weights)

    with pytest.raises(ValueError, match=message), rerouted(moe_layers(model)[1:2], wrong):
        model(IDS)
