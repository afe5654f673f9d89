"""Runs a model with another choice of experts than its routers'."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from torch import Tensor

from nbutils.models import MoELayer
from nbutils.moe.observe import Routed, intercepted

# From a layer and what it receives to `top_k_index` and `top_k_weights`.
Change = Callable[[MoELayer, Routed], tuple[Tensor, Tensor]]


@contextmanager
def rerouted(layers: Sequence[MoELayer], change: Change) -> Iterator[None]:
    """Gives the experts of `layers` the choice that `change` makes, during every forward pass in the `with` block.

    The implementation that the model had runs them. Routers, attention and shared experts work as before, on what the
    changed layers before them give. After the block, or an exception in it, the model is as it was.

    Args:
        layers: MoE layers of one model.
        change: gives the indices of experts and their weights, both [T, n] for the T tokens of `Routed`.

    Raises:
        ValueError: `change` names an expert that is not there, or its indices and weights have another shape.
    """

    def choose(layer: MoELayer, routed: Routed) -> tuple[Tensor, Tensor]:
        index, weights = change(layer, routed)
        _check(layer, routed, index, weights)
        return index, weights.to(routed.top_k_weights.dtype)

    with intercepted(layers, choose):
        yield


def _check(layer: MoELayer, routed: Routed, index: Tensor, weights: Tensor) -> None:
    tokens = len(routed.hidden_states)
    if index.shape != weights.shape or index.ndim != 2 or len(index) != tokens:
        shapes = f"{tuple(index.shape)} and {tuple(weights.shape)}"
        raise ValueError(
            f"the change of layer {layer.index} gives indices and weights of shapes {shapes}: both must have one row "
            f"for each of {tokens} tokens."
        )
    strange = index[(index < 0) | (index >= layer.num_experts)]
    if len(strange):
        raise ValueError(
            f"the change of layer {layer.index} chooses expert {int(strange[0])}: its experts are numbered 0 to "
            f"{layer.num_experts - 1}."
        )
