import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import OlmoeConfig
from transformers.models.olmoe.modeling_olmoe import OlmoeExperts

from nbutils.training.padded_experts import padded_experts_forward


def experts():
    torch.manual_seed(0)
    module = OlmoeExperts(OlmoeConfig(hidden_size=12, intermediate_size=8, num_experts=5)).double()
    for parameter in module.parameters():
        torch.nn.init.normal_(parameter)
    module.config._experts_implementation = "eager"
    return module


@settings(deadline=None, max_examples=25)
@given(st.lists(st.permutations(range(5)), min_size=1, max_size=40), st.integers(1, 5))
def test_output_and_gradients_are_the_models_own(choices, k):
    module = experts()
    index = torch.tensor(choices)[:, :k]
    weights = torch.rand(index.shape, dtype=torch.float64)
    x = torch.randn(len(choices), 12, dtype=torch.float64)
    results = []
    for forward in (module.forward, lambda *inputs: padded_experts_forward(module, *inputs)):
        inputs = x.clone().requires_grad_(), weights.clone().requires_grad_()
        output = forward(inputs[0], index, inputs[1])
        gradients = torch.autograd.grad(output.square().sum(), [*inputs, *module.parameters()])
        results.append([output, *gradients])

    for own, padded in zip(*results, strict=True):
        torch.testing.assert_close(padded, own)


def test_experts_without_tokens():
    module = experts()
    x = torch.randn(7, 12, dtype=torch.float64)
    index, weights = torch.full((7, 1), 3), torch.ones(7, 1, dtype=torch.float64)

    result = padded_experts_forward(module, x, index, weights)

    torch.testing.assert_close(result, module(x, index, weights))
