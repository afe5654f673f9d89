import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nbutils.kernels import dispatch, expert_mlp, expert_norms
from nbutils.kernels.gates import Activation
from tests.kernels.made import LAYOUTS, made, routing


def wide(layout, **sizes):
    return made(layout, **({"hidden": 20, "neurons": 14, "dtype": torch.float64} | sizes))


def tokens(count=11, hidden=20, dtype=torch.float64):
    return torch.randn(count, hidden).to(dtype)


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_torch_is_exact_in_every_layout(layout):
    experts, x = wide(layout), tokens()
    index, weights = routing(11, 5, 3)

    statistics = expert_norms(experts.module, x, 0.3)
    result = expert_mlp(experts.module, x, index, weights.double())

    for name, oracle in experts.statistics(x, 0.3).items():
        torch.testing.assert_close(getattr(statistics, name), oracle)
    torch.testing.assert_close(result, experts.routed(x, index, weights))


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 5).flatmap(lambda k: st.lists(st.lists(st.integers(0, 4), min_size=k, max_size=k))))
def test_any_choice_of_experts(choices):
    experts, index = wide(LAYOUTS[0]), torch.tensor(choices or [[0]], dtype=torch.int64)[: len(choices)]
    x, weights = tokens(len(index)), torch.randn(index.shape)

    for dtype in (torch.int64, torch.int32):
        result = expert_mlp(experts.module, x, index.to(dtype), weights)
        torch.testing.assert_close(result, experts.routed(x, index, weights))


def test_no_expert_for_any_token():
    result = expert_mlp(wide(LAYOUTS[0]).module, tokens(4), torch.empty(4, 0).long(), torch.empty(4, 0))

    assert torch.equal(result, torch.zeros(4, 20, dtype=torch.float64))


def test_repeats_are_the_same_bits():
    experts, x, route = made(LAYOUTS[0]).module, tokens(40, 97, torch.float32), routing(40, 5, 3)

    assert torch.equal(expert_mlp(experts, x, *route), expert_mlp(experts, x, *route))


def test_nan_stays_with_its_token():
    experts, x, route = wide(LAYOUTS[0]).module, tokens(), routing(11, 5, 2)
    clean = expert_mlp(experts, x, *route)
    x[3] = torch.nan

    result = expert_mlp(experts, x, *route)

    assert torch.isnan(result[3]).all()
    others = torch.arange(11) != 3
    torch.testing.assert_close(result[others], clean[others])


def test_weights_are_applied_in_float32():
    experts = made(LAYOUTS[0], dtype=torch.bfloat16).module
    x, index = tokens(9, 97, torch.bfloat16), torch.zeros(9, 2, dtype=torch.int64)
    weights = torch.tensor([[1 + 2**-12, -1.0]]).expand(9, 2)  # the sum vanishes when weights are rounded to 16 bits

    result = expert_mlp(experts, x, index, weights)

    alone = expert_mlp(experts, x, index[:, :1], torch.ones(9, 1))
    torch.testing.assert_close(result.float() * 2**12, alone.float(), rtol=0.02, atol=0.002)


REFUSED = {
    "expert below 0": (lambda a: a["index"].__setitem__((2, 1), -1), "names expert -1: .* from 0 to 4"),
    "expert too large": (lambda a: a["index"].__setitem__((2, 1), 5), "names expert 5: .* from 0 to 4"),
    "index is real": (lambda a: a.update(index=a["index"].double()), "int64 or int32"),
    "index has one dimension": (lambda a: a.update(index=a["index"][:, 0]), r"must be \[11 tokens, k\]"),
    "weights of another k": (lambda a: a.update(weights=a["weights"][:, :1]), r"must be \[11 tokens, k\]"),
    "route of fewer tokens": (
        lambda a: a.update(index=a["index"][:4], weights=a["weights"][:4]),
        r"must be \[11 tokens, k\]",
    ),
    "weights are whole numbers": (lambda a: a.update(weights=a["weights"].long()), "floating-point"),
    "tokens in a batch": (lambda a: a.update(x=a["x"][None]), "flatten batch and sequence"),
    "another hidden size": (lambda a: a.update(x=a["x"][:, :19]), r"takes \[tokens, 20\]"),
    "another dtype": (lambda a: a.update(x=a["x"].float()), "float64 and hidden_states is torch.float32"),
    "another device": (lambda a: a.update(x=a["x"].to("meta")), "on cpu and hidden_states on meta"),
    "index elsewhere": (lambda a: a.update(index=a["index"].to("meta")), "top_k_index is on meta"),
    "gradient of tokens": (lambda a: a["x"].requires_grad_(), "no backward pass"),
    "gradient of weights": (lambda a: a["experts"].requires_grad_(), "no backward pass"),
    "gradient of routing": (lambda a: a["weights"].requires_grad_(), "no backward pass"),
    "not experts": (lambda a: a.update(experts=torch.nn.Linear(20, 20)), "Linear is not on transformers' experts"),
    "implementation": (lambda a: a.update(implementation="cuda"), "'cuda': choose from auto, triton, torch"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case):
    change, message = REFUSED[case]
    index, weights = routing(11, 5, 2)
    given = {"experts": wide(LAYOUTS[0]).module, "x": tokens(), "index": index, "weights": weights}
    change(given)

    with pytest.raises(ValueError, match=message):
        expert_mlp(*given.values())


@pytest.mark.parametrize("x", [tokens().float(), tokens()[None], tokens(hidden=19), tokens().to("meta")])
def test_norms_refuse_tokens_that_do_not_fit(x):
    with pytest.raises(ValueError, match="hidden_states"):
        expert_norms(wide(LAYOUTS[0]).module, x)


def test_parameters_may_want_a_gradient_that_is_not_taken():
    experts, x, route = wide(LAYOUTS[0]).module.requires_grad_(), tokens(), routing(11, 5, 2)

    assert not expert_norms(experts, x).norm.requires_grad
    with torch.no_grad():
        assert not expert_mlp(experts, x, *route).requires_grad


def test_kernels_are_refused_on_a_cpu():
    pytest.importorskip("triton")
    experts, x = made(LAYOUTS[0]).module, tokens(hidden=97, dtype=torch.float32)

    with pytest.raises(ValueError, match=r"run on a GPU and hidden_states is on the CPU: use implementation='torch'"):
        expert_norms(experts, x, implementation="triton")


class OnGpu:
    """As much of a tensor on a GPU as is looked at before kernels are launched."""

    device = torch.device("cuda")

    def __init__(self, dtype):
        self.dtype = dtype

    def stride(self):
        return 97, 1


def test_kernels_are_chosen_on_a_gpu(monkeypatch):
    pytest.importorskip("triton")
    experts = made(LAYOUTS[0]).module
    monkeypatch.setattr(dispatch, "device_class", lambda device: "sm_90")

    assert dispatch._for_triton(experts, OnGpu(torch.bfloat16), "auto") == Activation("silu")
    assert dispatch._for_triton(experts, OnGpu(torch.bfloat16), "torch") is None
    assert dispatch._for_triton(experts, OnGpu(torch.float64), "auto") is None
    with pytest.raises(ValueError, match="float64"):
        dispatch._for_triton(experts, OnGpu(torch.float64), "triton")


def test_a_gpu_without_tiles_runs_torch(monkeypatch):
    pytest.importorskip("triton")

    def unknown(device):
        raise ValueError("no tiles for cuda (compute capability 5.0); use implementation='torch'")

    experts = made(LAYOUTS[0]).module
    monkeypatch.setattr(dispatch, "device_class", unknown)

    assert dispatch._for_triton(experts, OnGpu(torch.float32), "auto") is None
    with pytest.raises(ValueError, match=r"capability 5.0\): use implementation='torch'\.$"):
        dispatch._for_triton(experts, OnGpu(torch.float32), "triton")


def test_kernels_are_refused_numbers_that_lie_far_apart():
    experts, x = made(LAYOUTS[0]).module, torch.empty_strided((0, 97), (1, 2**23))

    with pytest.raises(ValueError, match="lie less than 8388608 apart: use implementation='torch'"):
        expert_norms(experts, x, implementation="triton")


def test_kernels_are_refused_where_triton_is_missing(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    experts, x = made(LAYOUTS[0]).module, tokens(hidden=97, dtype=torch.float32)

    with pytest.raises(ValueError, match="triton is not installed"):
        expert_norms(experts, x, implementation="triton")
