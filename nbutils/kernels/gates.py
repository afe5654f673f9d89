"""Which activation a module's experts have, told by what it computes rather than by its name."""

import functools
import itertools
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nbutils.kernels.interface import neurons_of

FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "silu": F.silu,
    "gelu_tanh": functools.partial(F.gelu, approximate="tanh"),
    "gelu": F.gelu,
    "relu2": lambda x: x.relu().square(),
}
LIMITS = ("limit", "swiglu_limit")
SLOPES = ("alpha", "swiglu_alpha")
QUICK_GELU = 1.702  # the slope of the sigmoid in x * sigmoid(slope * x), and of the gate of GPT-OSS
# Where known functions differ from one another: between their bends, and past any limit in use.
POINTS = (
    torch.tensor([*range(-48, 49), -4e6, -4e3, -400, -120, 120, 400, 4e3, 4e6], dtype=torch.float64, device="cpu") / 4
)

_known: weakref.WeakKeyDictionary[nn.Module, tuple] = weakref.WeakKeyDictionary()


@dataclass(frozen=True)
class Activation:
    """f(min(gate, limit)) * (clamp(up, -limit, limit) + up_offset), or f(up) of experts without a gate.

    Attributes:
        function: f, a key of `FUNCTIONS`; "silu" is x * sigmoid(slope * x).
        slope: 1 except for SiLU.
        limit: None where nothing is clamped.
        up_offset: 0, or 1 in GPT-OSS.
    """

    function: str
    slope: float = 1.0
    limit: float | None = None
    up_offset: float = 0.0

    def of(self, gate: Tensor, up: Tensor | None) -> Tensor:
        """Activations of one shape with `gate` and `up` (None without a gate), in plain torch."""
        if up is not None and self.limit is not None:
            gate, up = gate.clamp(max=self.limit), up.clamp(-self.limit, self.limit)
        known = gate * torch.sigmoid(self.slope * gate) if self.slope != 1 else FUNCTIONS[self.function](gate)
        return known if up is None else known * (up + self.up_offset)


def activation_of(experts: nn.Module) -> Activation | None:
    """The activation of a module on transformers' experts interface; None for one that is not a known function.

    The module's own function is run on a grid of points (on the CPU, in float64), and compared with those known.
    """
    numbers = tuple(_numbers(experts, LIMITS) + _numbers(experts, SLOPES))
    gate = getattr(experts._apply_gate, "__func__", experts._apply_gate)
    key = (gate, getattr(experts, "act_fn", None), numbers)
    if experts not in _known or _known[experts][0] != key:
        _known[experts] = (key, _recognised(experts))
    return _known[experts][1]


def _recognised(experts: nn.Module) -> Activation | None:
    gate, up = _pairs_of_points(neurons_of(experts))
    try:
        own = experts._apply_gate(_joined(experts, gate, up)) if experts.has_gate else experts.act_fn(gate)
    except Exception:  # whatever a function of someone else's raises, it is not one of ours
        return None
    same = (known for known in _candidates(experts) if _agree(own, known.of(gate, up if experts.has_gate else None)))
    return next(same, None)


def _pairs_of_points(width: int) -> tuple[Tensor, Tensor]:
    """Every pair of points, in two tensors [rows, width]; some come twice, to fill the last row."""
    count = len(POINTS)
    pair = torch.arange(-(-(count**2) // width) * width, device="cpu").view(-1, width)
    return POINTS[pair // count % count], POINTS[pair % count]


def _joined(experts: nn.Module, gate: Tensor, up: Tensor) -> Tensor:
    return torch.cat([gate, up], -1) if experts.is_concatenated else torch.stack([gate, up], -1).flatten(-2)


def _candidates(experts: nn.Module) -> Iterator[Activation]:
    slopes = [("silu", slope) for slope in (QUICK_GELU, *_numbers(experts, SLOPES))]
    functions = [*zip(FUNCTIONS, itertools.repeat(1.0)), *slopes]
    limits = [None, *_numbers(experts, LIMITS)] if experts.has_gate else [None]
    for (function, slope), limit, offset in itertools.product(functions, limits, (0.0, 1.0)):
        yield Activation(function, slope, limit, offset)


def _numbers(experts: nn.Module, names: tuple[str, ...]) -> list[float]:
    found = (getattr(experts, name, None) for name in names)
    return [float(value) for value in found if isinstance(value, (int, float))]


def _agree(own: Tensor, known: Tensor) -> bool:
    return own.shape == known.shape and torch.allclose(own.double(), known, rtol=1e-6, atol=1e-9)
