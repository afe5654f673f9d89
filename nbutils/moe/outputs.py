"""Sums that tell how alike the outputs of a layer's experts are, and who is compared."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch.nn.functional as F
from torch import Tensor

from nbutils.models import FeedForward, LoadedModel, ModelError, MoELayer


@dataclass
class OutputSums:
    """Sums over tokens of the similarity of outputs; L measured layers, M members, G passages or groups of them.

    Attributes:
        members: "0", "1", ... for the E experts, then "shared" and "reference" where they were measured.
        cosine: [L, M, M] of the cosine of two members' outputs for the same token.
        angular: [L, M, M] of 1 - arccos(cosine) / pi.
        direction: [L, M, H] of the outputs at unit length.
        cosine_by_group: [G, L, 1 + M - E] sums of each token's mean cosine over pairs of experts, then over pairs of an
            expert with each further member.
        angular_by_group: the same of the angular similarity.
    """

    members: list[str]
    cosine: np.ndarray
    angular: np.ndarray
    direction: np.ndarray
    cosine_by_group: np.ndarray
    angular_by_group: np.ndarray


def merged_outputs(parts: Sequence[OutputSums]) -> OutputSums:
    """Sums of the same members over different texts."""

    def joined(name: str, how: Callable) -> np.ndarray:
        return how([getattr(part, name) for part in parts], axis=0)

    return OutputSums(
        parts[0].members,
        **{name: joined(name, np.sum) for name in ("cosine", "angular", "direction")},
        **{name: joined(name, np.concatenate) for name in ("cosine_by_group", "angular_by_group")},
    )


def others_beside(
    loaded: LoadedModel, layers: Sequence[MoELayer], reference: Sequence[FeedForward]
) -> dict[int, dict[str, Callable[[Tensor], Tensor]]]:
    """What is run on the input of each layer's experts beside them: its shared experts and the dense `reference`.

    Shared experts are left out unless every layer has them and they read what the experts read (the experts of
    nemotron_h may be narrower).

    Returns:
        By decoder index, functions from [T, H] to [T, H] by name.

    Raises:
        ModelError: the reference has no such layer or another width, or more than weights and an activation.
    """
    width = loaded.model.config.get_text_config().hidden_size
    shared = all(layer.shared_experts is not None and layer.hidden_size == width for layer in layers)
    others: dict[int, dict[str, Callable[[Tensor], Tensor]]] = {}
    for layer in layers:
        others[layer.index] = {"shared": layer.shared_experts} if shared else {}
        if reference:
            others[layer.index]["reference"] = _dense(layer, reference_at(layer, reference))
    return others


def reference_at(layer: MoELayer, reference: Sequence[FeedForward]) -> FeedForward:
    """The dense layer that stands beside an MoE layer; raises ModelError unless there is one of the same width."""
    block = next((block for block in reference if block.index == layer.index), None)
    if block is None:
        raise ModelError(
            f"the reference has no dense layer {layer.index} (it has {', '.join(str(b.index) for b in reference)}): "
            "choose a dense model with the layers of the mixture of experts"
        )
    if block.hidden_size != layer.hidden_size:
        raise ModelError(
            f"layer {layer.index} of the reference has matrices of {block.intermediate_size} x {block.hidden_size} and "
            f"the experts have {layer.intermediate_size} x {layer.hidden_size}: choose a reference with the same "
            "hidden size"
        )
    return block


def _dense(layer: MoELayer, dense: FeedForward) -> Callable[[Tensor], Tensor]:
    activation = getattr(dense.module, "act_fn", None)
    biases = [name for name, _ in dense.module.named_parameters() if name.endswith("bias")]
    if activation is None or biases:
        found = "biases" if biases else "an activation of its own"
        raise ModelError(
            f"the reference has {found} in {dense.name}, with which its weights alone cannot be run: leave the "
            "reference out, or compare weights only (max_tokens=0)"
        )
    weight = layer.experts.down_proj
    gate, up, down = (
        None if matrix is None else matrix.to(weight.device, weight.dtype)
        for matrix in (dense.gate(), dense.up(), dense.down())
    )

    def run(hidden_states: Tensor) -> Tensor:
        raised = F.linear(hidden_states, up)
        hidden = activation(raised) if gate is None else activation(F.linear(hidden_states, gate)) * raised
        return F.linear(hidden, down)

    return run
