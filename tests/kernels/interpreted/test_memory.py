"""What the kernels read and write: nothing beside their buffers, wherever these lie and however they are strided."""

import mmap

import pytest
import torch

from nbutils.kernels import expert_mlp, expert_norms
from nbutils.kernels.triton_mlp import mlp_down_kernel, mlp_gate_up_kernel
from tests.kernels.made import LAYOUTS, made, routing

HALF = 2**30  # three rows this far apart pass 2^31 numbers
MAP_NORESERVE = 0x4000  # of Linux; module mmap has no name for it before Python 3.13


def assert_results(experts, x, tau=0.3):
    index, weights = routing(len(x), experts.module.num_experts, 2)
    oracle = experts.statistics(x, tau)
    statistics = expert_norms(experts.module, x, tau, "triton")
    experts.assert_counts(statistics.above, x, tau, near=1e-4)
    for name in ("norm", "abs_sum", "square_sum", "abs_max"):
        torch.testing.assert_close(getattr(statistics, name).double(), oracle[name], atol=1e-4, rtol=1e-4)
    result = expert_mlp(experts.module, x, index, weights, "triton")
    torch.testing.assert_close(result.double(), experts.routed(x, index, weights), atol=1e-4, rtol=1e-4)


def restored(experts, store):
    """The same experts, their parameters stored by `store`, which returns a view that equals its argument."""
    for name, parameter in experts.module.named_parameters():
        setattr(experts.module, name, torch.nn.Parameter(store(parameter), requires_grad=False))
    return experts


def among_nans(tensor):
    """A view with NaN before, behind and between its rows."""
    around = torch.full([size + 6 for size in tensor.shape], torch.nan, dtype=tensor.dtype)
    inside = around[tuple(slice(3, -3) for _ in tensor.shape)]
    return inside.copy_(tensor)


def every_second(tensor):
    """A view of every second number of the last dimension, the others being NaN."""
    return torch.stack([tensor, torch.full_like(tensor, torch.nan)], -1).flatten(-2)[..., ::2]


def last_dimensions_swapped(tensor):
    return tensor.mT.contiguous().mT if tensor.ndim > 2 else tensor


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_nothing_beside_the_buffers_is_touched(layout, small_tiles, guards):
    experts = restored(made(layout), among_nans)

    assert_results(experts, among_nans(torch.randn(19, 97)))

    assert len(guards) >= 5
    for larger in guards:
        assert torch.isnan(larger[:4096]).all()
        assert torch.isnan(larger[-4096:]).all()
        assert torch.isfinite(larger[4096:-4096]).all()  # all that was poisoned has been written


@pytest.mark.parametrize("tokens", [1, 63, 64, 65])
def test_numbers_of_tokens_around_a_tile(tokens, guards):
    assert_results(made(LAYOUTS[0]), torch.randn(tokens, 97))

    for larger in guards:
        assert torch.isnan(larger[:4096]).all()
        assert torch.isnan(larger[-4096:]).all()


@pytest.mark.parametrize("store", [every_second, last_dimensions_swapped])
@pytest.mark.parametrize("layout", LAYOUTS[:2], ids=str)
def test_strided_weights(layout, store, small_tiles):
    assert_results(restored(made(layout), store), torch.randn(19, 97))


@pytest.mark.parametrize(
    ("shape", "view"),
    [
        ((19, 194), lambda numbers: numbers[:, ::2]),
        ((97, 19), torch.t),
        ((1, 97), lambda numbers: numbers.expand(19, 97)),
    ],
    ids=["every second", "transposed", "expanded"],
)
def test_strided_tokens(shape, view):
    assert_results(made(LAYOUTS[0]), view(torch.randn(shape)))


def sparse(numbers, dtype):
    """A buffer of zeros that takes memory only where it is touched."""
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | MAP_NORESERVE
    return torch.frombuffer(mmap.mmap(-1, numbers * dtype.itemsize, flags=flags), dtype=dtype)


def far_apart(tensor):
    """A view whose first dimension has a stride of half of 2^31."""
    strides = tensor.stride()[1:]
    view = sparse(HALF * len(tensor), tensor.dtype).as_strided(tensor.shape, (HALF, *strides))
    return view.copy_(tensor)


@pytest.mark.parametrize("layout", LAYOUTS[:2], ids=str)
def test_experts_and_tokens_beyond_two_to_the_31(layout):
    experts = restored(made(layout, experts=4, dtype=torch.float32), far_apart)

    assert_results(experts, far_apart(torch.randn(4, 97)))


def test_slots_beyond_two_to_the_31():
    """The kernels themselves, as no model that fits a test has so many slots."""
    hidden = neurons = 64
    first = 2**31 // 64 + 5
    slots = torch.arange(first, first + 3)
    places = sparse(first + 3, torch.int32)
    places[first:] = slots.int()
    x, up, down = torch.randn(1, hidden), torch.randn(1, neurons, hidden) / 8, torch.randn(1, hidden, neurons) / 8
    h, out = (sparse((first + 3) * 64, torch.float32) for _ in range(2))
    weights = sparse(first + 3, torch.float32)
    weights[first:] = torch.tensor([1.0, 2.0, 3.0])
    blocks, ends = torch.tensor([[0], [first]], dtype=torch.int32), torch.tensor([first + 3], dtype=torch.int32)
    common = {
        "slots_ptr": places,
        "blocks_ptr": blocks,
        "ends_ptr": ends,
        "blocks": 1,
        "hidden": hidden,
        "intermediate": neurons,
        "experts": 1,
        "weight_expert": 64 * 64,
        "bias_expert": 0,
        "has_bias": False,
        "is_even": True,
        "interpreted": True,
        "block_m": 16,
        "block_n": 64,
        "block_k": 64,
    }
    mlp_gate_up_kernel[(1,)](
        x_ptr=x,
        weight_ptr=up,
        bias_ptr=up,
        h_ptr=h,
        top_k=first + 3,
        x_row=hidden,
        x_column=1,
        weight_neuron=hidden,
        weight_input=1,
        weight_up=0,
        bias_neuron=0,
        bias_up=0,
        alpha=1.0,
        limit=0.0,
        is_gated=False,
        is_interleaved=False,
        activation="relu2",
        has_limit=False,
        up_offset=0.0,
        **common,
    )
    mlp_down_kernel[(1,)](
        h_ptr=h,
        weight_ptr=down,
        bias_ptr=down,
        routing_ptr=weights,
        out_ptr=out,
        weight_output=neurons,
        weight_neuron=1,
        bias_output=0,
        **common,
    )

    own = (x @ up[0].T).relu().square()
    torch.testing.assert_close(h.view(-1, 64)[first:], own.expand(3, 64))
    torch.testing.assert_close(out.view(-1, 64)[first:], own @ down[0].T * weights[first:, None])


def test_nan_stays_with_its_token():
    experts, x = made(LAYOUTS[0]).module, torch.randn(70, 97)
    index, weights = routing(70, 5, 2)
    clean, clean_norms = expert_mlp(experts, x, index, weights, "triton"), expert_norms(experts, x, 1e-3, "triton")

    x[33] = torch.nan
    result, statistics = expert_mlp(experts, x, index, weights, "triton"), expert_norms(experts, x, 1e-3, "triton")

    others = torch.arange(70) != 33
    assert torch.equal(result[others], clean[others])
    assert torch.isnan(result[33]).all()
    for name in vars(statistics):
        assert torch.equal(getattr(statistics, name)[others], getattr(clean_norms, name)[others])
        assert name == "above" or torch.isnan(getattr(statistics, name)[33]).all()


def test_nan_of_one_neuron_is_seen_in_all_sums():
    experts, x = made(LAYOUTS[0]).module, torch.randn(9, 97)
    experts.gate_up_proj[2, 5, 0] = torch.nan

    statistics = expert_norms(experts, x, 1e-3, "triton")

    for name in ("norm", "abs_sum", "square_sum", "abs_max"):
        values = getattr(statistics, name)
        assert torch.isnan(values[:, 2]).all()
        assert torch.isfinite(values[:, torch.arange(5) != 2]).all()


def test_nan_stays_with_its_expert():
    experts, x = made(LAYOUTS[0]).module, torch.randn(70, 97)
    index, weights = routing(70, 5, 2)
    clean, clean_norms = expert_mlp(experts, x, index, weights, "triton"), expert_norms(experts, x, 1e-3, "triton")

    experts.down_proj[2, 0, 0] = torch.nan
    result, norms = expert_mlp(experts, x, index, weights, "triton"), expert_norms(experts, x, 1e-3, "triton").norm

    without = (index != 2).all(1)
    assert torch.equal(result[without], clean[without])
    assert torch.isnan(result[~without, 0]).all()
    kept = torch.arange(5) != 2
    assert torch.equal(norms[:, kept], clean_norms.norm[:, kept])
    assert torch.isnan(norms[:, 2]).all()
