import pytest
import torch
from transformers.integrations.moe import ALL_EXPERTS_FUNCTIONS

from nbutils.models import moe_layers
from nbutils.moe.observe import observed


@pytest.mark.parametrize("name", ["olmoe", "deepseek", "gpt_oss"])
@pytest.mark.parametrize("implementation", ["eager", "grouped_mm"])
def test_logits_stay_bit_identical_and_the_model_is_left_as_it_was(loaded, name, implementation):
    model = loaded(name).model
    model.config._experts_implementation = implementation
    ids = torch.randint(1, 257, (2, 17))
    before = model(ids).logits
    seen = []

    with observed(moe_layers(model), lambda layer, routed: seen.append(layer.index)):
        during = model(ids).logits

    assert torch.equal(before, during)
    assert torch.equal(before, model(ids).logits)
    assert seen == [layer.index for layer in moe_layers(model)]
    assert model.config._experts_implementation == implementation
    assert not any(layer.router._forward_hooks for layer in moe_layers(model))


def test_choice_is_the_routers_own_and_not_the_largest_logits(loaded):
    model = loaded("deepseek").model
    chosen, largest = [], []

    def see(layer, routed):
        chosen.append(routed.top_k_index.sort().values)
        largest.append(routed.router_logits.topk(2).indices.sort().values)

    with observed(moe_layers(model), see):
        model(torch.randint(1, 257, (4, 50)))

    assert (torch.cat(chosen) == torch.cat(largest)).all(-1).float().mean() < 0.9


def test_two_models_at_a_time(loaded):
    one, other = loaded("olmoe").model, loaded("gpt_oss").model
    seen = []

    def see(layer, routed):
        seen.append(layer.num_experts)

    with observed(moe_layers(one), see), observed(moe_layers(other), see):
        one(torch.ones(1, 3, dtype=torch.long))
        other(torch.ones(1, 3, dtype=torch.long))

    assert len(seen) == 6
    assert not [name for name in ALL_EXPERTS_FUNCTIONS if name.startswith("nbutils_observed")]


def test_an_error_inside_leaves_the_model_as_it_was(loaded):
    model = loaded().model

    def fail(layer, routed):
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"), observed(moe_layers(model), fail):
        model(torch.ones(1, 3, dtype=torch.long))

    assert model.config._experts_implementation == "grouped_mm"
    assert not any(layer.router._forward_hooks for layer in moe_layers(model))
