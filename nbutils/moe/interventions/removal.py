"""Takes experts out of a model's layers as if they had never been there."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from nbutils.models import MoELayer
from nbutils.moe.interventions.choices import by_layer, replaced
from nbutils.moe.interventions.reroute import rerouted


@contextmanager
def without_experts(layers: Sequence[MoELayer], removed: Mapping[int, Collection[int]]) -> Iterator[None]:
    """Runs a model without some experts of each of `layers` during every forward pass in the `with` block.

    The router's scores of a removed expert become minus infinity before the router makes weights and a choice of them,
    so that it weights and chooses among the experts that are left as its own code says. Where the router chooses a
    removed expert all the same (a selection bias can outweigh a score, and a router that takes more than one matrix to
    score is not seen into), the best-scored one that is left stands in with its weight, as `replaced` says.

    Args:
        layers: MoE layers of one model.
        removed: numbers of experts by decoder index.

    Raises:
        ValueError: an expert that a layer does not have.
    """
    for layer in layers:
        strange = [expert for expert in removed[layer.index] if not 0 <= expert < layer.num_experts]
        if strange:
            raise ValueError(
                f"layer {layer.index} has no expert {strange[0]}: its experts are numbered 0 to "
                f"{layer.num_experts - 1}."
            )
    with ExitStack() as stack:
        for layer in layers:
            stack.enter_context(_masked(layer, sorted(removed[layer.index])))
        stack.enter_context(rerouted(layers, by_layer({index: replaced(gone) for index, gone in removed.items()})))
        yield


@contextmanager
def _masked(layer: MoELayer, removed: Sequence[int]) -> Iterator[None]:
    router, forward = layer.router, layer.router.forward

    def without(*inputs: object, **options: object) -> object:
        with _Masking(router, layer.num_experts, removed):
            return forward(*inputs, **options)

    router.forward = without
    try:
        yield
    finally:
        del router.forward


class _Masking(TorchFunctionMode):
    """Minus infinity for some outputs of the linear map, with a row for each expert, that a router scores with."""

    def __init__(self, router: nn.Module, num_experts: int, removed: Sequence[int]):
        super().__init__()
        self.weights = [weight for weight in router.parameters() if weight.ndim == 2 and len(weight) == num_experts]
        self.removed = torch.tensor(removed, dtype=torch.long)

    def __torch_function__(
        self, function: Callable, types: object, args: tuple = (), kwargs: dict | None = None
    ) -> object:
        result = function(*args, **(kwargs or {}))
        if function is F.linear and any(_is(args[1], weight) for weight in self.weights):
            return result.index_fill(-1, self.removed.to(result.device), -torch.inf)
        return result


def _is(given: Tensor, weight: Tensor) -> bool:
    """Whether `given` is the weight, or a copy of it in another dtype."""
    return given is weight or (given.shape == weight.shape and torch.equal(given, weight.to(given.dtype)))
