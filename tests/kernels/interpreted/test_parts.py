"""The interpreter's own ways, the ways into the kernels, and models that run on them."""

import functools

import pytest
import torch
import triton
import triton.language as tl

from nbutils.kernels import dispatch, expert_mlp, expert_norms, registration
from nbutils.kernels.triton_parts import rounded
from tests.kernels.made import LAYOUTS, made, routing
from tests.kernels.test_registration import MODELS, logits_by_implementation


@triton.jit
def round_kernel(x_ptr, out_ptr, size: tl.constexpr):
    places = tl.arange(0, size)
    x = tl.load(x_ptr + places)
    tl.store(out_ptr + places, rounded(x, out_ptr.dtype.element_ty, True))


def test_rounding_to_bfloat16_is_to_the_nearest_even():
    x = torch.randn(1024) * torch.logspace(-30, 30, 1024)
    ties = torch.tensor([1 + 2**-8, 1 + 3 * 2**-8, -1 - 2**-8, torch.inf, -torch.inf, torch.nan, 0.0, -0.0, 3.4e38])
    x[: len(ties)] = ties
    out = torch.empty(1024, dtype=torch.bfloat16)

    round_kernel[(1,)](x, out, 1024)

    torch.testing.assert_close(out, x.bfloat16(), rtol=0, atol=0, equal_nan=True)


def test_float64_is_refused():
    experts, x = made(LAYOUTS[0], dtype=torch.float64).module, torch.randn(3, 97, dtype=torch.float64)

    with pytest.raises(ValueError, match=r"take bfloat16, float16 and float32.*float64: use implementation='torch'"):
        expert_norms(experts, x, implementation="triton")
    with pytest.raises(ValueError, match="float64"):
        expert_mlp(experts, x, *routing(3, 5, 2), "triton")


@pytest.fixture
def told_anew():
    dispatch._warn_unknown.cache_clear()


def test_an_unknown_gate_goes_to_torch_with_one_notice(told_anew, recwarn):
    experts, x = made(LAYOUTS[0]).module, torch.randn(3, 97)
    experts._apply_gate = lambda gate_up: gate_up.chunk(2, -1)[0].sin()

    norms = [expert_norms(experts, x, implementation="triton").norm for _ in range(2)]
    result = expert_mlp(experts, x, *routing(3, 5, 2), "triton")

    assert [str(warning.message) for warning in recwarn] == [
        "the Triton kernels do not know the activation or norm of Experts, so its experts run in torch"
    ]
    assert torch.equal(norms[1], expert_norms(experts, x, implementation="torch").norm)
    assert torch.equal(result, expert_mlp(experts, x, *routing(3, 5, 2), "torch"))


def test_a_norm_of_outputs_goes_to_torch(told_anew):
    experts, x = made(LAYOUTS[0]).module, torch.randn(3, 97)
    plain = expert_norms(experts, x, implementation="triton").norm
    experts.has_post_expert_norm, experts.post_expert_norm = True, lambda outputs: outputs / 2

    with pytest.warns(UserWarning, match="norm of Experts"):
        halved = expert_norms(experts, x, implementation="triton").norm

    torch.testing.assert_close(halved, plain / 2)


@pytest.mark.parametrize("name", MODELS)
def test_logits_are_those_of_eager(name, monkeypatch):
    monkeypatch.setattr(registration, "expert_mlp", functools.partial(expert_mlp, implementation="triton"))

    own, eager = logits_by_implementation(name, (registration.NAME, "eager"))

    torch.testing.assert_close(own, eager, atol=1e-4, rtol=1e-4)
