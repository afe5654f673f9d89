"""What takes part in a comparison: the experts of a layer, its shared expert, the same layer of a dense model.

A feed-forward block has three matrices, which the paper calls W_act, W_up and W_down: here its projections "gate", "up"
and "down". Neuron i is row i of gate and up and column i of down (Lo et al., arXiv 2406.18219, section 2).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from torch import Tensor

from nbutils.models import FeedForward, ModelError, MoELayer
from nbutils.moe.outputs import reference_at

PROJECTIONS = ("gate", "up", "down")
SHARED, REFERENCE = "shared", "reference"
OTHERS = {SHARED: "the shared expert", REFERENCE: "the reference"}


@dataclass(frozen=True)
class Member:
    """One feed-forward block that is compared with others of its layer.

    Attributes:
        name: number of the expert, "shared" or "reference".
        layer: decoder index.
        neurons: its intermediate size.
        is_gated: whether it has a gate projection.
        read: from a projection that it has to its matrix as stored, [I, H] or, for "down", [H, I].
    """

    name: str
    layer: int
    neurons: int
    is_gated: bool
    read: Callable[[str], Tensor]

    def by_neuron(self, projection: str) -> Tensor:
        """A projection with one neuron in each row, [I, H]."""
        matrix = self.read(projection)
        return matrix.T if projection == "down" else matrix


def members(layer: MoELayer, reference: Sequence[FeedForward] = ()) -> list[Member]:
    """The experts of a layer in their order, then its shared expert and its counterpart in `reference`, if any.

    Raises:
        ModelError: the layer has a single expert, or `reference` has no such layer or another hidden size.
    """
    if layer.num_experts < 2:
        raise ModelError(
            f"layer {layer.index} has one expert, and one expert has nothing to be compared with: choose a model with "
            "several experts a layer"
        )
    found = [
        Member(
            str(expert), layer.index, layer.intermediate_size, layer.is_gated, partial(_expert_matrix, layer, expert)
        )
        for expert in range(layer.num_experts)
    ]
    shared = layer.shared_feed_forward()
    if shared is not None and shared.hidden_size == layer.hidden_size:
        found.append(_member(SHARED, layer, shared))
    if reference:
        found.append(_member(REFERENCE, layer, reference_at(layer, reference)))
    return found


def by_projection(
    layer: MoELayer, reference: Sequence[FeedForward] = (), *, same_size: bool
) -> Iterator[tuple[str, list[Member]]]:
    """Each projection that the experts have, with the members that have it too.

    Args:
        layer: the layer.
        reference: dense layers, matched by decoder index.
        same_size: whether only members with as many neurons as an expert take part.
    """
    found = members(layer, reference)
    experts, others = found[: layer.num_experts], found[layer.num_experts :]
    if same_size:
        others = [member for member in others if member.neurons == layer.intermediate_size]
    for projection in projections_of(experts[0]):
        yield projection, experts + [member for member in others if projection in projections_of(member)]


def projections_of(member: Member) -> tuple[str, ...]:
    """The projections that a member has; one without a gate has two."""
    return PROJECTIONS if member.is_gated else PROJECTIONS[1:]


def check_finite(values: np.ndarray, compared: Sequence[Member], projection: str) -> None:
    """Refuses weights that are not numbers, which show in whatever is summed over them.

    Args:
        values: [members, ...] numbers computed from each member's matrix.
        compared: the members.
        projection: of the matrix.

    Raises:
        ValueError: a row is not finite.
    """
    for member, row in zip(compared, values, strict=True):
        if not np.isfinite(row).all():
            whose = f"expert {member.name}" if member.name.isdecimal() else OTHERS[member.name]
            raise ValueError(
                f"the {projection} projection of {whose} in layer {member.layer} holds weights that are not finite: "
                "check the checkpoint."
            )


def pair_table(layer: int, projection: str, names: Sequence[str], cosines: np.ndarray) -> pd.DataFrame:
    """Cosines [n, n] as one row for each pair of members: `layer`, `projection`, `first`, `second`, `cosine`."""
    first, second = np.triu_indices(len(names), 1)
    names = np.asarray(names, dtype=object)
    return pd.DataFrame(
        {
            "layer": layer,
            "projection": projection,
            "first": names[first],
            "second": names[second],
            "cosine": cosines[first, second],
        }
    )


def cosines_of(products: np.ndarray) -> np.ndarray:
    """Cosines [n, n] from inner products [n, n]; 0 with a vector that is zero."""
    norms = np.sqrt(np.diag(products))
    scale = np.outer(norms, norms)
    return np.divide(products, scale, out=np.zeros_like(products), where=scale > 0).clip(-1, 1)


def _member(name: str, layer: MoELayer, block: FeedForward) -> Member:
    return Member(
        name, layer.index, block.intermediate_size, block.is_gated, lambda projection: getattr(block, projection)()
    )


def _expert_matrix(layer: MoELayer, expert: int, projection: str) -> Tensor:
    return getattr(layer, projection)(expert)
