import pytest
import torch
import torch.nn.functional as F
from transformers.activations import ACT2FN

from nbutils.kernels.gates import Activation, activation_of
from tests.kernels.made import LAYOUTS, LIMIT, SLOPE, made
from tests.kernels.test_reference import aria, gpt_oss, mixtral, nemotron

KNOWN = {
    "mixtral": Activation("silu"),
    "gpt_oss": Activation("silu", SLOPE, LIMIT, 1.0),
    "transposed": Activation("gelu_tanh"),
    "interleaved": Activation("gelu"),
    "clamped": Activation("silu", limit=LIMIT),
    "no_gate": Activation("relu2"),
    "no_gate_bias": Activation("gelu"),
}


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_known_activations(layout):
    assert activation_of(made(layout).module) == KNOWN[layout.name]


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_plain_torch_of_an_activation_is_that_of_the_layout(layout):
    gate, up = torch.randn(2, 50, dtype=torch.float64) * 3
    up = None if "has_no_gate" in layout.flags else up

    torch.testing.assert_close(KNOWN[layout.name].of(gate, up), layout.activate(gate, up))


@pytest.mark.parametrize(
    ("make", "activation"),
    [
        (mixtral, Activation("silu")),
        (gpt_oss, Activation("silu", 1.702, 7.0, 1.0)),
        (aria, Activation("silu")),
        (nemotron, Activation("relu2")),
    ],
)
def test_experts_of_transformers(make, activation):
    assert activation_of(make()) == activation


@pytest.mark.parametrize(
    ("name", "activation"),
    [
        ("gelu", Activation("gelu")),
        ("gelu_new", Activation("gelu_tanh")),
        ("gelu_pytorch_tanh", Activation("gelu_tanh")),
        ("quick_gelu", Activation("silu", 1.702)),
        ("swish", Activation("silu")),
        ("relu", None),
        ("mish", None),
        ("tanh", None),
        ("gelu_10", None),
    ],
)
def test_activations_of_transformers(name, activation):
    experts = made(LAYOUTS[0]).module
    experts.act_fn = ACT2FN[name]

    assert activation_of(experts) == activation


@pytest.mark.parametrize(
    "gate",
    [
        lambda gate_up: F.silu(gate_up.chunk(2, -1)[1]) * gate_up.chunk(2, -1)[0],  # up before gate
        lambda gate_up: F.silu(gate_up[..., ::2]) * gate_up[..., 1::2],
        lambda gate_up: F.silu(gate_up.chunk(2, -1)[0].clamp(max=11)) * gate_up.chunk(2, -1)[1],
        lambda gate_up: F.silu(gate_up.chunk(2, -1)[0]) * (gate_up.chunk(2, -1)[1] + 0.01),
        lambda gate_up: gate_up.no_such_method(),
        lambda gate_up: gate_up.to("meta"),
    ],
)
def test_functions_of_someone_else_are_not_known(gate):
    experts = made(LAYOUTS[0]).module
    assert activation_of(experts) is not None

    experts._apply_gate = gate

    assert activation_of(experts) is None


def test_a_changed_limit_is_seen():
    experts = made(LAYOUTS[4]).module
    assert activation_of(experts) is not None

    experts.limit = 3.0

    assert activation_of(experts) is None
