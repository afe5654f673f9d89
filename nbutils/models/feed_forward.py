"""One view of the MLPs that are not routed experts: those of dense layers, and shared experts."""

from dataclasses import dataclass, field

from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D

from nbutils.models.matrices import Matrix, Projections, Read, gate_then_up

# Gate, up and down projection by the names that transformers gives them.
GATED = (("gate_proj", "up_proj", "down_proj"), ("w1", "w3", "w2"), ("w1", "v1", "w2"), ("wi_0", "wi_1", "wo"))
# Up and down projection; the first may hold the gate's rows as well, before its own.
PAIRS = (
    ("gate_up_proj", "down_proj"),
    ("input_linear", "output_linear"),
    ("up_proj", "down_proj"),
    ("fc1", "fc2"),
    ("c_fc", "c_proj"),
    ("dense_h_to_4h", "dense_4h_to_h"),
    ("fc_in", "fc_out"),
    ("wi", "wo"),
)


@dataclass(frozen=True, eq=False)
class FeedForward:
    """The weights of one MLP; its biases and its activation are the module's.

    Attributes:
        index: number of the decoder layer, from the module path.
        name: path of the module in the model.
        module: the module itself.
        hidden_size: width that it reads and writes, H.
        intermediate_size: neurons, I.
    """

    index: int
    name: str
    module: nn.Module
    hidden_size: int
    intermediate_size: int
    projections: Projections = field(repr=False)
    read: Read = field(repr=False)

    @property
    def is_gated(self) -> bool:
        """Whether it has a gate projection."""
        return self.projections.gate is not None

    def gate(self) -> Tensor | None:
        """Gate projection [I, H], without gradient; None where the MLP is not gated."""
        gate = self.projections.gate
        return None if gate is None else gate.of(self.read, self.module)

    def up(self) -> Tensor:
        """Up projection [I, H], without gradient."""
        return self.projections.up.of(self.read, self.module)

    def down(self) -> Tensor:
        """Down projection [H, I], without gradient."""
        return self.projections.down.of(self.read, self.module)


def feed_forward(module: nn.Module, index: int, name: str, read: Read) -> FeedForward | None:
    """The view of `module`; None unless its children are the two or three linear layers of one MLP."""
    layers = {part: layer for part, layer in module.named_children() if _out_in(layer)}
    for parts in (*GATED, *PAIRS):
        if not all(part in layers for part in parts):
            continue
        *rows, (hidden, intermediate) = (_out_in(layers[part]) for part in parts)
        *first, down = (Matrix(f"{part}.weight", is_transposed=isinstance(layers[part], Conv1D)) for part in parts)
        if rows == [(intermediate, hidden)] * len(rows):
            gate, up = first if len(first) == 2 else (None, *first)
        elif rows == [(2 * intermediate, hidden)]:
            gate, up = gate_then_up(first[0].name, intermediate, first[0].is_transposed)
        else:
            continue
        return FeedForward(index, name, module, hidden, intermediate, Projections(gate, up, down), read)
    return None


def _out_in(layer: nn.Module) -> tuple[int, int] | None:
    weight = getattr(layer, "weight", None)
    if not isinstance(weight, Tensor) or weight.ndim != 2:
        return None
    rows, columns = weight.shape
    return (columns, rows) if isinstance(layer, Conv1D) else (rows, columns)
