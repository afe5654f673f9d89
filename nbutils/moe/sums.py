"""What the probe keeps of the tokens that it measured."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nbutils.moe.outputs import OutputSums, merged_outputs
from nbutils.moe.scores import AGREEMENT


@dataclass
class Probe:
    """Sums over the tokens that went through a model; L measured layers, E experts, G passages.

    Beyond 100 passages, G = 100 groups of passages with sums over each, so that memory is bounded.

    Score is the softmax of the router's logits over all experts, norm the L2 norm of an expert's unweighted output.

    Attributes:
        model: its name.
        layers: decoder index of each measured layer.
        rank_counts: [L, E, E] tokens by score rank and norm rank, 0 the largest.
        tokens: [G] measured tokens.
        sums: per group and layer [G, L], sums over tokens of what `rank_agreement` gives.
        shuffled: the same [G, L] for the scores of one token and the norms of another, which is drawn from the batch
            before; zeros when there was one batch only.
        shuffled_tokens: [G] tokens behind `shuffled`, those of all batches but the first.
        moments: [G, L, E, 6] sums over tokens of 1, score, norm, score^2, norm^2, score x norm.
        chosen: [L, E] tokens routed to the expert; `chosen_norm` sum of its norms over those, `chosen_weighted_norm`
            of its norms times the routing weight.
        neurons: of an expert.
        activations: [L, E, 3] sums of |h| and h^2 over tokens and neurons, and of the share of neurons above the
            threshold; `activation_max` [L, E] largest |h|.
        outputs: similarity of the experts' outputs, where it was asked for.
    """

    model: str
    layers: list[int]
    rank_counts: np.ndarray
    tokens: np.ndarray
    sums: dict[str, np.ndarray]
    shuffled: dict[str, np.ndarray]
    shuffled_tokens: np.ndarray
    moments: np.ndarray
    chosen: np.ndarray
    chosen_norm: np.ndarray
    chosen_weighted_norm: np.ndarray
    neurons: int
    activations: np.ndarray
    activation_max: np.ndarray
    outputs: OutputSums | None = None


def merged(parts: Sequence[Probe]) -> Probe:
    """One probe from those of the same model on different texts; passages of different texts stay apart.

    Raises:
        ValueError: nothing to merge, or probes of different models or layers.
    """
    first = next(iter(parts), None)
    if first is None or any((part.model, part.layers) != (first.model, first.layers) for part in parts):
        raise ValueError("only probes of one model and the same layers can be merged: give at least one.")

    def total(name: str) -> np.ndarray:
        return np.sum([getattr(part, name) for part in parts], axis=0)

    def one_after_another(name: str) -> np.ndarray:
        return np.concatenate([getattr(part, name) for part in parts])

    def by_statistic(name: str) -> dict[str, np.ndarray]:
        return {key: np.concatenate([getattr(part, name)[key] for part in parts]) for key in AGREEMENT}

    return Probe(
        model=first.model,
        layers=first.layers,
        neurons=first.neurons,
        **{name: total(name) for name in ("rank_counts", "chosen", "chosen_norm", "chosen_weighted_norm")},
        **{name: one_after_another(name) for name in ("tokens", "shuffled_tokens", "moments")},
        sums=by_statistic("sums"),
        shuffled=by_statistic("shuffled"),
        activations=total("activations"),
        activation_max=np.max([part.activation_max for part in parts], axis=0),
        outputs=None if first.outputs is None else merged_outputs([part.outputs for part in parts]),
    )
