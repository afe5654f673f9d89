"""Experts in every layout, from matrices that are known apart from it, and what they should give, in float64."""

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers.integrations.moe import use_experts_implementation

LIMIT, SLOPE = 2.0, 1.702  # a limit that some of the products here pass


def clamped_swiglu(gate, up):
    gate, up = gate.clamp(max=LIMIT), up.clamp(-LIMIT, LIMIT)
    return gate * torch.sigmoid(SLOPE * gate) * (up + 1)


def clamped_silu(gate, up):
    return F.silu(gate.clamp(max=LIMIT)) * up.clamp(-LIMIT, LIMIT)


def gelu_tanh(x):
    return F.gelu(x, approximate="tanh")


def relu2(x):
    return x.relu().square()


@dataclass(frozen=True)
class Layout:
    """How matrices are stored, and the activation: of the gate, or with `gated`, of gate and up projection."""

    name: str
    function: Callable = F.silu
    gated: Callable | None = None
    flags: tuple[str, ...] = ()

    def __str__(self):
        return self.name

    def activate(self, gate: Tensor, up: Tensor | None) -> Tensor:
        if self.gated:
            return self.gated(gate, up)
        return self.function(gate) if up is None else self.function(gate) * up


LAYOUTS = [
    Layout("mixtral"),
    Layout("gpt_oss", gated=clamped_swiglu, flags=("is_transposed", "is_interleaved", "has_bias")),
    Layout("transposed", gelu_tanh, flags=("is_transposed",)),
    Layout("interleaved", F.gelu, flags=("is_interleaved", "has_bias")),
    Layout("clamped", gated=clamped_silu, flags=("has_bias", "is_transposed")),
    Layout("no_gate", relu2, flags=("has_no_gate",)),
    Layout("no_gate_bias", F.gelu, flags=("has_no_gate", "has_bias", "is_transposed")),
]


@dataclass(frozen=True)
class Made:
    """An experts module, and its matrices by name in float64: gate and up [E, I, H], down [E, H, I] and biases."""

    layout: Layout
    module: nn.Module
    matrices: dict[str, Tensor]

    def activations(self, x: Tensor) -> Tensor:
        """[T, E, I] in float64."""
        x = x.double()
        gate = torch.einsum("th,eih->tei", x, self.matrices["gate"]) + self.matrices["gate_bias"]
        up = torch.einsum("th,eih->tei", x, self.matrices["up"]) + self.matrices["up_bias"]
        return self.layout.activate(gate, None if "has_no_gate" in self.layout.flags else up)

    def outputs(self, x: Tensor) -> Tensor:
        """[T, E, H] in float64."""
        return torch.einsum("tei,ehi->teh", self.activations(x), self.matrices["down"]) + self.matrices["down_bias"]

    def statistics(self, x: Tensor, threshold: float) -> dict[str, Tensor]:
        h = self.activations(x).abs()
        return {
            "norm": self.outputs(x).norm(dim=-1),
            "abs_sum": h.sum(-1),
            "square_sum": h.square().sum(-1),
            "abs_max": h.amax(-1),
            "above": (h > threshold).sum(-1).double(),
        }

    def assert_counts(self, above: Tensor, x: Tensor, threshold: float, near: float) -> None:
        """Whether `above` [T, E] counts the activations over a threshold, those within `near` of it being undecided."""
        h = self.activations(x).abs()
        assert (above >= (h > threshold + near).sum(-1)).all()
        assert (above <= (h > threshold - near).sum(-1)).all()

    def routed(self, x: Tensor, index: Tensor, weights: Tensor) -> Tensor:
        """[T, H] in float64."""
        chosen = self.outputs(x)[torch.arange(len(x))[:, None], index.long()]
        return (chosen * weights.double()[..., None]).sum(1)


def made(layout: Layout, hidden=97, neurons=47, experts=5, dtype=torch.float32, seed=0) -> Made:
    """Random experts whose products are of the order of 1."""
    random = torch.Generator().manual_seed(seed)

    def normal(*shape):
        return torch.randn(*shape, generator=random, dtype=torch.float64).to(dtype)

    matrices = {
        "gate": normal(experts, neurons, hidden) * 2 / hidden**0.5,
        "up": normal(experts, neurons, hidden) * 2 / hidden**0.5,
        "down": normal(experts, hidden, neurons) / neurons**0.5,
    }
    for name in ("gate", "up", "down"):
        rows = matrices[name].shape[:2]
        matrices[f"{name}_bias"] = normal(*rows) if "has_bias" in layout.flags else torch.zeros(rows, dtype=dtype)
    module = experts_module(layout, matrices).requires_grad_(False)
    return Made(layout, module, {name: matrix.double() for name, matrix in matrices.items()})


def experts_module(layout: Layout, matrices: dict[str, Tensor]) -> nn.Module:
    """A module on transformers' experts interface that stores these matrices in this layout."""
    flags = layout.flags
    has_gate, is_concatenated = "has_no_gate" not in flags, "is_interleaved" not in flags

    class Experts(nn.Module):
        limit, alpha = LIMIT, SLOPE

        def __init__(self, config):
            super().__init__()
            self.num_experts = len(matrices["down"])
            self.act_fn = layout.function
            for end in ("", "_bias") if "has_bias" in flags else ("",):
                gate, up, down = (matrices[f"{name}{end}"] for name in ("gate", "up", "down"))
                both = torch.cat([gate, up], 1) if is_concatenated else torch.stack([gate, up], 2).flatten(1, 2)
                first = ("gate_up_proj", both) if has_gate else ("up_proj", gate)
                for name, matrix in (first, ("down_proj", down)):
                    is_transposed = "is_transposed" in flags and matrix.ndim == 3
                    stored = (matrix.mT if is_transposed else matrix).contiguous()
                    setattr(self, f"{name}{end}", nn.Parameter(stored))

        def forward(self, hidden_states, top_k_index, top_k_weights):
            raise NotImplementedError

    def apply_gate(self, gate_up):
        gate, up = gate_up.chunk(2, -1) if is_concatenated else (gate_up[..., ::2], gate_up[..., 1::2])
        return layout.activate(gate, up)

    if layout.gated or not is_concatenated:
        Experts._apply_gate = apply_gate
    decorated = use_experts_implementation(
        Experts,
        is_concatenated=is_concatenated,
        is_transposed="is_transposed" in flags,
        has_bias="has_bias" in flags,
        has_gate=has_gate,
    )
    return decorated(SimpleNamespace(_experts_implementation="eager"))


def routing(tokens: int, experts: int, top_k: int, seed=0) -> tuple[Tensor, Tensor]:
    """Experts [T, k], different ones for each token, and weights that are not rounded to 16 bits."""
    random = torch.Generator().manual_seed(seed)
    index = torch.rand(tokens, experts, generator=random).argsort(1)[:, :top_k]
    return index, torch.rand(tokens, top_k, generator=random)
