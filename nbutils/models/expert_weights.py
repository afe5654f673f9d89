"""Where the matrices of single experts are, in a module that holds all experts of a layer.

Most modules follow transformers' experts interface (see `nbutils.kernels.interface`). The others are recognised by the
names and shapes of their parameters.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from nbutils.kernels.interface import follow_interface, hidden_size_of, neurons_of
from nbutils.models.matrices import Matrix, Projections, gate_then_up


@dataclass(frozen=True)
class ExpertLayout:
    """E experts with hidden size H and intermediate size I, and where their matrices are.

    `is_flat` means that the first dimension is E x I rows, else that it is E.
    """

    num_experts: int
    hidden_size: int
    intermediate_size: int
    projections: Projections
    is_flat: bool = False

    def index(self, expert: int) -> int | slice:
        """Index of one expert in the first dimension of each parameter."""
        if self.is_flat:
            return slice(expert * self.intermediate_size, (expert + 1) * self.intermediate_size)
        return expert


def layout_of(experts: nn.Module) -> ExpertLayout | None:
    """The layout of a module that holds experts; None where single experts cannot be read from it."""
    if follow_interface(experts):
        return _interface(experts)
    for names in (("gate_up_proj", "down_proj"), ("input_linear.weight", "output_linear.weight")):
        if (found := _parameters(experts, names, ndim=3)) is not None:
            return _gated_pair(names, *(tuple(tensor.shape) for tensor in found))
    return _flat(experts)


def stored_dtype(experts: nn.Module, layout: ExpertLayout) -> torch.dtype:
    """The dtype of the experts' weights."""
    return experts.get_parameter(layout.projections.down.name).dtype


def are_plain_floats(dtype: torch.dtype) -> bool:
    """Whether weights mean what they say; 8-bit and smaller ones come with separate scales."""
    return dtype.is_floating_point and dtype.itemsize >= 2


def _interface(experts: nn.Module) -> ExpertLayout:
    hidden, intermediate = hidden_size_of(experts), neurons_of(experts)
    down = Matrix("down_proj", is_transposed=experts.is_transposed)
    if not experts.has_gate:
        projections = Projections(None, Matrix("up_proj", is_transposed=experts.is_transposed), down)
    elif experts.is_concatenated:
        projections = Projections(*gate_then_up("gate_up_proj", intermediate, experts.is_transposed), down)
    else:
        alternating = (slice(0, None, 2), slice(1, None, 2))
        gate, up = (Matrix("gate_up_proj", rows, experts.is_transposed) for rows in alternating)
        projections = Projections(gate, up, down)
    return ExpertLayout(len(experts.down_proj), hidden, intermediate, projections)


def _gated_pair(names: tuple[str, str], up: tuple, down: tuple) -> ExpertLayout | None:
    """Gate rows and up rows in one parameter; which dimension is which follows from the shapes.

    The first parameter may hold more experts than the second (longcat_flash); E is that of the second.
    """
    num_experts, *sizes = down
    for is_transposed, (hidden, intermediate) in ((False, sizes), (True, sizes[::-1])):
        expected = (2 * intermediate, hidden)
        if up[1:] == (expected[::-1] if is_transposed else expected) and up[0] >= num_experts:
            gate_and_up = gate_then_up(names[0], intermediate, is_transposed)
            projections = Projections(*gate_and_up, Matrix(names[1], is_transposed=is_transposed))
            return ExpertLayout(num_experts, hidden, intermediate, projections)
    return None


def _flat(experts: nn.Module) -> ExpertLayout | None:
    """The layout of dbrx: gate, up and transposed down projection, each with the rows of all experts."""
    names = ("mlp.w1", "mlp.v1", "mlp.w2")
    found, num_experts = _parameters(experts, names, ndim=2), getattr(experts, "num_experts", None)
    if found is None or not num_experts:
        return None
    rows, hidden = found[0].shape
    projections = Projections(Matrix(names[0]), Matrix(names[1]), Matrix(names[2], is_transposed=True))
    return ExpertLayout(num_experts, hidden, rows // num_experts, projections, is_flat=True)


def _parameters(module: nn.Module, names: tuple[str, ...], ndim: int) -> list[Tensor] | None:
    """The parameters with these paths below `module`; None unless all are there with `ndim` dimensions."""
    parameters = dict(module.named_parameters())
    found = [parameters[name] for name in names if name in parameters]
    return found if len(found) == len(names) and all(tensor.ndim == ndim for tensor in found) else None
