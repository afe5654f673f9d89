"""Kernels against a plain computation in float64, in every layout and dtype."""

import pytest
import torch

from nbutils.kernels import expert_mlp, expert_norms, launch
from tests.kernels.made import LAYOUTS, made, routing

DTYPES = (torch.float32, torch.float16, torch.bfloat16)
TAU = 0.3


def error(result, oracle):
    return float((result.double() - oracle).square().mean().sqrt() / oracle.square().mean().sqrt())


def assert_as_good_as_torch(result, own, oracle, dtype):
    """At most twice the error of torch in the same dtype; 1e-7 is the rounding of one number in float32."""
    assert torch.isfinite(result).all()
    assert error(result, oracle) <= 2 * max(error(own, oracle), 1e-7)
    assert error(result, oracle) < {torch.float32: 2e-6, torch.float16: 2e-3, torch.bfloat16: 2e-2}[dtype]


@pytest.fixture(params=DTYPES, ids=str)
def dtype(request):
    return request.param


def assert_norms(experts, x):
    oracle = experts.statistics(x, TAU)
    result = expert_norms(experts.module, x, TAU, "triton")
    own = expert_norms(experts.module, x, TAU, "torch")
    for name in ("norm", "abs_sum", "square_sum", "abs_max"):
        assert_as_good_as_torch(getattr(result, name), getattr(own, name), oracle[name], x.dtype)
    near = {torch.float32: 1e-5, torch.float16: 1e-2, torch.bfloat16: 5e-2}[x.dtype]
    experts.assert_counts(result.above, x, TAU, near)


def assert_routed(experts, x, index, weights):
    oracle = experts.routed(x, index, weights)
    result = expert_mlp(experts.module, x, index, weights, "triton")
    own = expert_mlp(experts.module, x, index, weights, "torch")
    assert result.dtype == x.dtype
    assert_as_good_as_torch(result, own, oracle, x.dtype)


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_norms_of_odd_sizes(layout, dtype, small_tiles):
    assert_norms(made(layout, dtype=dtype), torch.randn(37, 97).to(dtype))


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_routed_output_of_odd_sizes(layout, dtype, small_tiles):
    assert_routed(made(layout, dtype=dtype), torch.randn(37, 97).to(dtype), *routing(37, 5, 3))


@pytest.mark.parametrize("layout", LAYOUTS[:2], ids=str)
def test_sizes_of_whole_tiles(layout, dtype):
    experts = made(layout, hidden=512, neurons=256, experts=3, dtype=dtype)
    x = torch.randn(128, 512).to(dtype)

    assert_norms(experts, x)
    assert_routed(experts, x, *routing(128, 3, 2))


def test_chunks_change_nothing(monkeypatch):
    experts, x = made(LAYOUTS[0]).module, torch.randn(37, 97)
    whole = expert_norms(experts, x, TAU, "triton")

    monkeypatch.setattr(launch, "MIN_ROWS", 5)
    monkeypatch.setattr(launch, "CACHE", 47 * 4 * 10)
    monkeypatch.setattr(launch, "MAX_ROWS", 5)
    parts = expert_norms(experts, x, TAU, "triton")

    for name in vars(whole):
        torch.testing.assert_close(getattr(parts, name), getattr(whole, name))
