"""The torch path of the expert kernels against a large product of matrices, and against transformers' own experts."""

import pytest
import torch
from transformers import MixtralConfig
from transformers.models.mixtral.modeling_mixtral import MixtralExperts

from nbutils.kernels import expert_mlp, expert_norms
from nbutils.kernels.reference import ROWS

# Experts, experts of a token, neurons of an expert.
SHAPES = {"E8 k2 I2816": (8, 2, 2816), "E64 k8 I512": (64, 8, 512)}
DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}
NORMS_GOAL = {"fp32": 0.95, "bf16": 0.80}
# A short run is easily disturbed, so that its best time needs more of them.
ROUNDS = {1: 200, 128: 20, 2048: 5}


@pytest.fixture(autouse=True)
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(params=SHAPES)
def shape(request, measuring):
    experts, top_k, neurons = SHAPES[request.param]
    return (experts, top_k, neurons, 1024) if measuring else (experts, top_k, 32, 16)


def make_experts(shape, dtype):
    num_experts, _, neurons, hidden = shape
    torch.manual_seed(0)
    config = MixtralConfig(hidden_size=hidden, intermediate_size=neurons, num_local_experts=num_experts)
    experts = MixtralExperts(config).requires_grad_(False)
    for parameter in experts.parameters():
        torch.nn.init.normal_(parameter, std=0.03)
    return experts.to(DTYPES[dtype])


def own_experts(implementation, experts, *arguments):
    """The forward pass of transformers."""
    experts.config._experts_implementation = implementation
    with torch.no_grad():
        return experts(*arguments)


@pytest.mark.parametrize("dtype", DTYPES)
def test_norms_speed(benchmark, measuring, best_seconds, shape, dtype):
    """On one of the blocks of rows in which they are made: the longer a run, the likelier that others disturb it."""
    experts, (num_experts, _, neurons, hidden) = make_experts(shape, dtype), shape
    tokens, size = (ROWS, 2048) if measuring else (5, 64)
    x = torch.randn(tokens, hidden).to(DTYPES[dtype])
    left, right = (torch.randn(size, size).to(DTYPES[dtype]) for _ in range(2))

    seconds = best_seconds({"product": lambda: left @ right, "norms": lambda: expert_norms(experts, x)}, rounds=15)
    benchmark.pedantic(lambda: expert_norms(experts, x), rounds=1)

    peak = 2 * size**3 / seconds["product"]
    reached = 6 * tokens * num_experts * hidden * neurons / seconds["norms"]
    report = {
        "product of matrices, GFLOP/s": peak / 1e9,
        "norms of all experts, GFLOP/s": reached / 1e9,
        f"share of the product (goal at least {NORMS_GOAL[dtype]:.2f})": reached / peak,
    }
    show(benchmark, report)


@pytest.mark.parametrize("tokens", ROUNDS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_routed_speed(benchmark, measuring, best_seconds, shape, dtype, tokens):
    experts, (num_experts, top_k, neurons, hidden) = make_experts(shape, dtype), shape
    x = torch.randn(tokens, hidden).to(DTYPES[dtype])
    weights, index = torch.randn(tokens, num_experts).softmax(-1).topk(top_k)
    routed = x, index, weights.to(DTYPES[dtype])

    seconds = best_seconds(
        {
            "eager": lambda: own_experts("eager", experts, *routed),
            "grouped_mm": lambda: own_experts("grouped_mm", experts, *routed),
            "expert_mlp": lambda: expert_mlp(experts, *routed),
        },
        rounds=ROUNDS[tokens],
    )
    result = benchmark.pedantic(lambda: expert_mlp(experts, *routed), rounds=1)

    torch.testing.assert_close(result, own_experts("eager", experts, *routed), atol=2e-2, rtol=2e-2)
    report = {
        "GFLOP/s": 6 * tokens * top_k * hidden * neurons / seconds["expert_mlp"] / 1e9,
        "speed / eager (goal at least 0.95)": seconds["eager"] / seconds["expert_mlp"],
        "speed / grouped_mm (goal at least 1.00)": seconds["grouped_mm"] / seconds["expert_mlp"],
    }
    show(benchmark, report)


def show(benchmark, report):
    benchmark.extra_info.update(report)
    print("", *(f"{name}: {value:.3f}" for name, value in report.items()), sep="\n")
