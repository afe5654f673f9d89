"""One matrix inside a parameter of a module, read from memory or from wherever else the parameter is kept."""

from collections.abc import Callable
from dataclasses import dataclass, field

from accelerate.utils import align_module_device
from torch import Tensor, nn

from nbutils.models.errors import ModelError

# From a module, the path of a parameter below it, and an index of the parameter's first dimension to what is there.
Read = Callable[[nn.Module, str, int | slice], Tensor]
WHOLE = slice(None)


@dataclass(frozen=True)
class LoadedParameters:
    """The parameters of a model that is loaded; holds on to it, as weights offloaded to disk go with it."""

    model: nn.Module

    def read(self, module: nn.Module, name: str, index: int | slice) -> Tensor:
        """A view without gradient of a parameter below one of the model's modules."""
        path, _, leaf = name.rpartition(".")
        owner = module.get_submodule(path)
        with align_module_device(owner):  # an offloaded weight is brought in; any other stays where it is
            return getattr(owner, leaf)[index].detach()


@dataclass(frozen=True)
class Matrix:
    """Where a matrix [out, in] is.

    Attributes:
        name: path of the parameter below its module.
        rows: its rows, among those of a parameter that also holds another matrix.
        is_transposed: the parameter is [in, out].
    """

    name: str
    rows: slice = field(default_factory=lambda: WHOLE)  # a slice is unhashable before Python 3.12, as mutables are
    is_transposed: bool = False

    def of(self, read: Read, module: nn.Module, index: int | slice = WHOLE) -> Tensor:
        """The matrix [out, in], at `index` of the parameter's first dimension."""
        stored = read(module, self.name, index)
        return (stored.T if self.is_transposed else stored)[self.rows]


@dataclass(frozen=True)
class Projections:
    """The matrices of one MLP, gate [I, H] (None where it is not gated), up [I, H] and down [H, I]."""

    gate: Matrix | None
    up: Matrix
    down: Matrix


def gate_then_up(name: str, intermediate_size: int, is_transposed: bool) -> tuple[Matrix, Matrix]:
    """Gate and up projection of a parameter with the gate's rows first."""
    halves = (slice(0, intermediate_size), slice(intermediate_size, None))
    gate, up = (Matrix(name, rows, is_transposed) for rows in halves)
    return gate, up


def separate_scales_error(model: str, what: str, stored: str) -> ModelError:
    """The error for weights of 8 bits or fewer, which mean nothing without the scales beside them."""
    return ModelError(
        f"model {model!r} stores {what} in {stored}, unreadable without its scales: choose a revision in bfloat16 or "
        "float32"
    )
