"""Layers with chosen weights, with the interface of `models.MoELayer` and `models.FeedForward`."""

from dataclasses import dataclass, field

import torch
from torch import Tensor


@dataclass
class MadeFeedForward:
    matrices: dict[str, Tensor]
    index: int = 0
    name: str = "made"

    @property
    def hidden_size(self):
        return self.matrices["up"].shape[1]

    @property
    def intermediate_size(self):
        return self.matrices["up"].shape[0]

    @property
    def is_gated(self):
        return "gate" in self.matrices

    def gate(self):
        return self.matrices.get("gate")

    def up(self):
        return self.matrices["up"]

    def down(self):
        return self.matrices["down"]


@dataclass
class MadeLayer:
    blocks: list[MadeFeedForward]
    index: int = 0
    name: str = "made"
    router: Tensor | None = None
    shared: MadeFeedForward | None = None
    reads: list[tuple[str, int]] = field(default_factory=list)

    @property
    def num_experts(self):
        return len(self.blocks)

    @property
    def hidden_size(self):
        return self.blocks[0].hidden_size

    @property
    def intermediate_size(self):
        return self.blocks[0].intermediate_size

    @property
    def is_gated(self):
        return self.blocks[0].is_gated

    def gate(self, expert):
        return self.blocks[expert].gate()

    def up(self, expert):
        return self.blocks[expert].up()

    def down(self, expert):
        return self.blocks[expert].down()

    def router_weight(self):
        return self.router

    def shared_feed_forward(self):
        return self.shared


def made_block(seed=0, neurons=12, hidden=8, index=0, gated=True, dtype=torch.float32):
    generator = torch.Generator().manual_seed(seed)
    matrices = {name: torch.randn(neurons, hidden, generator=generator) for name in ("gate", "up")}
    matrices["down"] = torch.randn(hidden, neurons, generator=generator)
    if not gated:
        del matrices["gate"]
    return MadeFeedForward({name: matrix.to(dtype) for name, matrix in matrices.items()}, index)


def made_layer(experts=4, index=0, seed=0, **kwargs):
    blocks = [made_block(1000 * seed + expert, index=index, **kwargs) for expert in range(experts)]
    router = torch.randn(experts, blocks[0].hidden_size, generator=torch.Generator().manual_seed(seed))
    return MadeLayer(blocks, index, router=router)


def reordered(block, order):
    """The same expert with its neurons in another order."""
    return MadeFeedForward(
        {name: matrix[:, order] if name == "down" else matrix[order] for name, matrix in block.matrices.items()},
        block.index,
    )


def scaled(block, factor):
    """The same expert with weights that are `factor` times as large."""
    return MadeFeedForward({name: factor * matrix for name, matrix in block.matrices.items()}, block.index)
