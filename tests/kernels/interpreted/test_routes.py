"""Ways in which a router may spread tokens over experts, all of them in the same few kernels."""

import pytest
import torch

from nbutils.kernels import expert_mlp, expert_norms, launch
from tests.kernels.made import LAYOUTS, made, routing

EXPERTS, TOKENS = 7, 70


@pytest.fixture(scope="module")
def experts():
    return made(LAYOUTS[0], hidden=48, neurons=32, experts=EXPERTS)


def one_for_all(expert):
    return torch.full((TOKENS, 1), expert)


ROUTES = {
    "first is empty": routing(TOKENS, EXPERTS - 1, 2)[0] + 1,
    "last is empty": routing(TOKENS, EXPERTS - 1, 2)[0],
    "a run is empty": torch.tensor([0, 6])[routing(TOKENS, 2, 1)[0]],
    "first takes all": one_for_all(0),
    "one takes all": one_for_all(3),
    "last takes all": one_for_all(6),
    "one each": routing(TOKENS, EXPERTS, 1)[0],
    "all experts": routing(TOKENS, EXPERTS, EXPERTS)[0],
    "an expert twice": torch.tensor([[2, 2, 5]]).expand(TOKENS, 3),
    "int32": routing(TOKENS, EXPERTS, 2)[0].int(),
    "not contiguous": routing(TOKENS, EXPERTS, 4)[0][:, ::2],
    "one token": torch.tensor([[4, 1]]),
    "no token": torch.empty(0, 2, dtype=torch.int64),
    "no expert": torch.empty(TOKENS, 0, dtype=torch.int64),
}


@pytest.mark.parametrize("route", ROUTES)
def test_output(experts, route):
    index = ROUTES[route]
    x, weights = torch.randn(len(index), 48), torch.rand(index.shape)

    result = expert_mlp(experts.module, x, index, weights, "triton")

    torch.testing.assert_close(result.double(), experts.routed(x, index, weights), atol=1e-5, rtol=1e-5)


def test_no_token_has_no_norms(experts):
    assert expert_norms(experts.module, torch.empty(0, 48), implementation="triton").norm.shape == (0, EXPERTS)


def test_weights_are_applied_in_float32():
    experts = made(LAYOUTS[0], hidden=48, neurons=32, dtype=torch.bfloat16).module
    x, index = torch.randn(9, 48).bfloat16(), torch.zeros(9, 2, dtype=torch.int64)
    weights = torch.tensor([[1 + 2**-12, -1.0]]).expand(9, 2)  # the sum vanishes when weights are rounded to 16 bits

    result = expert_mlp(experts, x, index, weights, "triton")

    alone = expert_mlp(experts, x, index[:, :1], torch.ones(9, 1), "triton")
    torch.testing.assert_close(result.float() * 2**12, alone.float(), rtol=0.02, atol=0.002)


def test_repeats_are_the_same_bits(experts):
    x, (index, weights) = torch.randn(TOKENS, 48), routing(TOKENS, EXPERTS, 3)
    first, second = (expert_mlp(experts.module, x, index, weights, "triton") for _ in range(2))
    norms = [expert_norms(experts.module, x, implementation="triton").norm for _ in range(2)]

    assert torch.equal(first, second)
    assert torch.equal(*norms)


def test_order_of_blocks_does_not_matter(experts, monkeypatch):
    """A GPU runs them in any order, so that no block may write what is another's."""
    x, (index, weights) = torch.randn(TOKENS, 48), routing(TOKENS, EXPERTS, 3)
    result = expert_mlp(experts.module, x, index, weights, "triton")
    plain = launch.block_table

    monkeypatch.setattr(launch, "block_table", lambda *arguments: plain(*arguments).flip(1).contiguous())

    assert torch.equal(expert_mlp(experts.module, x, index, weights, "triton"), result)


def test_order_of_tokens_does_not_matter(experts):
    x, (index, weights) = torch.randn(TOKENS, 48), routing(TOKENS, EXPERTS, 3)
    order = torch.randperm(TOKENS)

    result = expert_mlp(experts.module, x, index, weights, "triton")
    permuted = expert_mlp(experts.module, x[order], index[order], weights[order], "triton")
    norms = expert_norms(experts.module, x, implementation="triton").norm
    permuted_norms = expert_norms(experts.module, x[order], implementation="triton").norm

    torch.testing.assert_close(permuted, result[order], atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(permuted_norms, norms[order], atol=1e-6, rtol=1e-5)


def test_order_of_experts_does_not_matter(experts):
    x, (index, weights) = torch.randn(TOKENS, 48), routing(TOKENS, EXPERTS, 3)
    order = torch.randperm(EXPERTS)
    other = made(LAYOUTS[0], hidden=48, neurons=32, experts=EXPERTS).module
    for name, parameter in other.named_parameters():
        parameter.copy_(experts.module.get_parameter(name)[order])

    result = expert_mlp(experts.module, x, index, weights, "triton")

    renamed = order.argsort()[index]
    torch.testing.assert_close(expert_mlp(other, x, renamed, weights, "triton"), result, atol=1e-6, rtol=1e-5)
