import copy

import pytest
import torch
from transformers import OlmoeConfig, OlmoeForCausalLM

from nbutils.training.optimizers import StackedMuon, muon_and_adamw, orthogonalised


@pytest.mark.parametrize("shape", [(16, 8), (8, 16), (12, 12)])
def test_agrees_with_torch_on_matrices(shape):
    torch.manual_seed(0)
    ours = torch.nn.Parameter(torch.randn(shape))
    theirs = copy.deepcopy(ours)
    optimizers = StackedMuon([ours], lr=0.02), torch.optim.Muon([theirs], lr=0.02)
    for _ in range(3):
        ours.grad = torch.randn(shape)
        theirs.grad = ours.grad.clone()
        for optimizer in optimizers:
            optimizer.step()

    torch.testing.assert_close(ours, theirs, atol=2e-3, rtol=0)


def test_a_stack_is_updated_like_each_of_its_matrices():
    torch.manual_seed(0)
    gradients = torch.randn(4, 6, 10)

    torch.testing.assert_close(orthogonalised(gradients), torch.stack([orthogonalised(g) for g in gradients]))


def test_singular_values_are_near_one():
    values = torch.linalg.svdvals(orthogonalised(torch.randn(5, 20, 8)))

    assert values.min() > 0.5
    assert values.max() < 1.4


def test_embeddings_router_and_norms_are_left_to_adamw():
    model = OlmoeForCausalLM(
        OlmoeConfig(vocab_size=32, hidden_size=16, intermediate_size=8, num_hidden_layers=1, num_attention_heads=2)
    )

    muon, adamw = muon_and_adamw(model, 0.02, 0.003, 0.1)

    names = {id(parameter): name for name, parameter in model.named_parameters()}
    by_muon = {names[id(p)] for group in muon.param_groups for p in group["params"]}
    by_adamw = {names[id(p)] for group in adamw.param_groups for p in group["params"]}
    assert "model.layers.0.mlp.experts.gate_up_proj" in by_muon
    assert "model.layers.0.self_attn.q_proj.weight" in by_muon
    assert {"model.embed_tokens.weight", "model.layers.0.mlp.gate.weight", "model.norm.weight"} <= by_adamw
    assert by_muon | by_adamw == set(names.values())
    assert not by_muon & by_adamw
