"""Choices of experts in place of the router's: some silenced, replaced or dropped, or all of them drawn anew.

Each function makes a change for `rerouted`. Experts of a token stay distinct, and tokens that a change does not concern
keep their experts and weights. Logits are the router's, in the order of which a model with a selection bias or groups
of experts (DeepSeek-V3) does not always choose.
"""

from collections.abc import Collection, Mapping

import torch
from torch import Tensor

from nbutils.models import MoELayer
from nbutils.moe.interventions.reroute import Change
from nbutils.moe.observe import Routed


def silenced(experts: Collection[int]) -> Change:
    """Weight 0 for these experts where they are chosen; the others keep theirs."""

    def change(layer: MoELayer, routed: Routed) -> tuple[Tensor, Tensor]:
        silent = _among(experts, layer, routed)[routed.top_k_index]
        return routed.top_k_index, routed.top_k_weights.masked_fill(silent, 0)

    return change


def replaced(experts: Collection[int]) -> Change:
    """The best-scored expert that is neither chosen nor among `experts` stands in for each of these, with its weight.

    Where a token loses several, the one with the largest weight has the best stand-in. Where no stand-in is left, the
    lost expert's weight is 0.
    """

    def change(layer: MoELayer, routed: Routed) -> tuple[Tensor, Tensor]:
        index, weights = routed.top_k_index, routed.top_k_weights
        gone = _among(experts, layer, routed)
        lost = gone[index]
        taken = gone.expand(len(index), -1).scatter(1, index, True)
        scores = routed.router_logits.float().masked_fill(taken, -torch.inf)
        stand_ins = scores.topk(index.shape[1], dim=1).indices
        turn = _ranks(weights.float().masked_fill(~lost, -torch.inf))
        found = lost & (turn < (~taken).sum(1, keepdim=True))
        index = torch.where(found, stand_ins.gather(1, turn), index)
        return index, weights.masked_fill(lost & ~found, 0)

    return change


def by_layer(changes: Mapping[int, Change]) -> Change:
    """A change for each decoder index."""
    return lambda layer, routed: changes[layer.index](layer, routed)


def without_top() -> Change:
    """Drops the expert with the largest weight of each token; see `_without`."""
    return lambda layer, routed: _without(routed, routed.top_k_weights.argmax(1, keepdim=True))


def without_least() -> Change:
    """Drops the expert with the smallest weight of each token; see `_without`."""
    return lambda layer, routed: _without(routed, routed.top_k_weights.argmin(1, keepdim=True))


def without_random(generator: torch.Generator) -> Change:
    """Drops one of the chosen experts of each token, drawn anew for each forward pass; see `_without`."""

    def change(layer: MoELayer, routed: Routed) -> tuple[Tensor, Tensor]:
        tokens, chosen = routed.top_k_index.shape
        slot = torch.randint(chosen, (tokens, 1), generator=generator)
        return _without(routed, slot.to(routed.top_k_index.device))

    return change


def random_experts(generator: torch.Generator) -> Change:
    """Experts drawn with equal probability and without repetition, with the weights that the router gave its own."""

    def change(layer: MoELayer, routed: Routed) -> tuple[Tensor, Tensor]:
        tokens, chosen = routed.top_k_index.shape
        drawn = torch.rand(tokens, layer.num_experts, generator=generator).topk(chosen, dim=1).indices
        return drawn.to(routed.top_k_index.device), routed.top_k_weights

    return change


def least_scored_experts() -> Change:
    """The experts with the smallest logits, with the weights that the router gave its own: the larger the logit of one
    among them, the larger its weight.
    """

    def change(layer: MoELayer, routed: Routed) -> tuple[Tensor, Tensor]:
        chosen = routed.top_k_index.shape[1]
        descending = routed.router_logits.argsort(dim=1, descending=True)
        return descending[:, -chosen:], routed.top_k_weights.sort(dim=1, descending=True).values

    return change


def _among(experts: Collection[int], layer: MoELayer, routed: Routed) -> Tensor:
    """[E] whether an expert is one of `experts`; raises ValueError for one that the layer does not have."""
    strange = [expert for expert in experts if not 0 <= expert < layer.num_experts]
    if strange:
        raise ValueError(
            f"layer {layer.index} has no expert {strange[0]}: its experts are numbered 0 to {layer.num_experts - 1}."
        )
    mask = torch.zeros(layer.num_experts, dtype=torch.bool)
    mask[list(experts)] = True
    return mask.to(routed.top_k_index.device)


def _ranks(values: Tensor) -> Tensor:
    """Rank of each value [T, n] in its row, 0 the largest; equal ones in the order of their columns."""
    return values.argsort(dim=1, descending=True, stable=True).argsort(dim=1)


def _without(routed: Routed, slot: Tensor) -> tuple[Tensor, Tensor]:
    """Weight 0 for the expert in `slot` [T, 1] of each token.

    The weights of the others grow by one factor so that their sum stays: what is lost is what the expert says, not how
    loud the layer speaks. Where the others' sum is 0, as with one expert a token, nothing is left of the layer.
    """
    weights = routed.top_k_weights.float()
    rest = weights.scatter(1, slot, 0.0)
    left = rest.sum(1, keepdim=True)
    rest = rest * torch.where(left == 0, 0.0, weights.sum(1, keepdim=True) / torch.where(left == 0, 1.0, left))
    return routed.top_k_index, rest.to(routed.top_k_weights.dtype)
