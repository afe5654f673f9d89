import pytest
import torch
from torch import nn

from nbutils.models import moe_layers
from nbutils.moe.interventions import without_experts
from nbutils.moe.observe import observed

IDS = torch.arange(1, 25).reshape(2, 12)
REMOVED = [1, 4]


def really_pruned(model):
    """The same model whose modules have no such experts; `REMOVED` in every layer."""
    kept = torch.tensor([expert for expert in range(6) if expert not in REMOVED])
    for layer in moe_layers(model):
        layer.experts.num_experts = len(kept)
        for module in (layer.experts, layer.router):
            for name, parameter in list(module.named_parameters(recurse=False)):
                setattr(module, name, nn.Parameter(parameter[kept], requires_grad=False))
        for name in ("num_experts", "num_local_experts"):
            if hasattr(layer.router, name):
                setattr(layer.router, name, len(kept))
    return model


@pytest.mark.parametrize("name", ["olmoe", "gpt_oss"])
def test_a_model_without_experts_is_the_model_with_their_rows_cut_out(loaded, name):
    subject = loaded(name).model
    before = subject(IDS).logits

    with without_experts(moe_layers(subject), {layer.index: REMOVED for layer in moe_layers(subject)}):
        without = subject(IDS).logits

    assert torch.equal(subject(IDS).logits, before)
    assert not torch.allclose(without, before, atol=1e-3)
    torch.testing.assert_close(without, really_pruned(subject)(IDS).logits, rtol=1e-4, atol=1e-5)


def test_a_selection_bias_brings_no_removed_expert_back(loaded):
    subject = loaded("deepseek")
    layers = moe_layers(subject)
    layers[0].router.e_score_correction_bias[3] = 100.0
    chosen = []

    def run():
        subject.model(IDS)
        return chosen[-1]

    with observed(layers[:1], lambda layer, routed: chosen.append(routed.top_k_index)):
        assert (run() == 3).any(1).all()
        with without_experts(layers[:1], {layers[0].index: [3]}):
            assert not (run() == 3).any()


def test_after_an_exception_the_model_is_as_it_was(loaded):
    subject = loaded().model
    layers = moe_layers(subject)
    before = subject(IDS).logits

    with pytest.raises(RuntimeError, match="stop"), without_experts(layers, {layer.index: [0] for layer in layers}):
        raise RuntimeError("stop")

    assert torch.equal(subject(IDS).logits, before)
    assert "forward" not in vars(layers[0].router)


def test_an_expert_that_is_not_there(loaded):
    subject = loaded()

    with pytest.raises(ValueError, match="layer 0 has no expert 6"), without_experts(moe_layers(subject)[:1], {0: [6]}):
        subject.model(IDS)
