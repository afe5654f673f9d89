"""How early in training the choice of experts is settled (OLMoE, arXiv 2409.02060, section 5.1)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

from nbutils.corpora import Batch
from nbutils.models import LoadedModel, MoELayer
from nbutils.moe.observe import Routed, layers_at
from nbutils.moe.routing.forward import Tokens, run_batches
from nbutils.statistics import percentile_interval, resampled_sums


@dataclass
class Choices:
    """The experts chosen for each of T tokens, 2 x layers x top-k bytes a token: for texts that fit in memory so.

    Attributes:
        model: its name.
        layers: decoder index of each of L measured layers.
        experts: number of experts of a layer.
        ids: [T] int32 vocabulary number of each token.
        groups: [T] int32 cluster of each token's passage.
        chosen: [T, L, k] int16, in the order in which the router gives them.
    """

    model: str
    layers: list[int]
    experts: int
    ids: np.ndarray
    groups: np.ndarray
    chosen: np.ndarray


def record_choices(loaded: LoadedModel, batches: Iterable[Batch], *, layers: Sequence[int] | None = None) -> Choices:
    """Keeps the experts that the model chooses for each token, in one plain forward pass over the batches.

    Args:
        loaded: a model with MoE layers.
        batches: windows of tokens; padding is excluded.
        layers: decoder indices of the layers to measure; all by default.

    Raises:
        ModelError: the model has no MoE layer that can be seen.
        ValueError: as `record_routing` does.
    """
    measured = layers_at(loaded, layers)
    chosen: dict[int, list[np.ndarray]] = {layer.index: [] for layer in measured}
    ids: list[np.ndarray] = []
    groups: list[np.ndarray] = []

    def see(layer: MoELayer, routed: Routed, tokens: Tokens) -> None:
        chosen[layer.index].append(routed.top_k_index.cpu().numpy().astype(np.int16))
        if layer is measured[0]:
            ids.append(tokens.ids.numpy().astype(np.int32))
            groups.append(tokens.groups.numpy().astype(np.int32))

    run_batches(loaded, batches, measured, see)
    return Choices(
        model=loaded.name,
        layers=list(chosen),
        experts=measured[0].num_experts,
        ids=np.concatenate(ids),
        groups=np.concatenate(groups),
        chosen=np.stack([np.concatenate(parts) for parts in chosen.values()], axis=1),
    )


def saturation_table(
    final: Choices, checkpoints: Mapping[str, Choices], resamples: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """Agreement of each checkpoint with the final model, as `saturation` gives it.

    Returns:
        The rows of `saturation` under `model` (the final one) and `checkpoint` (its name in `checkpoints`).
    """
    frames = [
        saturation(choices, final, resamples, seed).assign(checkpoint=name) for name, choices in checkpoints.items()
    ]
    table = pd.concat(frames, ignore_index=True).assign(model=final.model)
    return table[["model", "checkpoint", *(name for name in table if name not in ("model", "checkpoint"))]]


def saturation(first: Choices, second: Choices, resamples: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Share of a token's chosen experts that two models have in common, the mean over tokens.

    Returns:
        One row per layer: `layer` (-1: mean over layers), `value`, `low`, `high` (95 %, bootstrap over passages),
        `chance` (k / E: experts drawn at random), `independent` (tokens shuffled: both models keep their loads),
        `excess` (`value` less `independent`) with `excess_low` and `excess_high`, `renumbered` (97.5 % of the excess
        when the second model's experts are renumbered at random), `tokens`, `passages`.

        Two routers that were trained apart are not independent over tokens: both follow the token's number, and a
        frequent token has them agree or not in all its occurrences. Renumbering shows how much of that there is.

    Raises:
        ValueError: the two did not see the same tokens, or differ in layers, experts or top-k; or there is a single
            passage.
    """
    _check_comparable(first, second)
    experts, k = first.experts, first.chosen.shape[2]
    common = np.zeros(first.chosen.shape[:2])
    for i in range(k):
        common += (first.chosen[:, :, i, None] == second.chosen).any(-1) / k
    _, groups = np.unique(first.groups, return_inverse=True)
    sums = np.zeros((groups.max() + 1, len(first.layers), 1 + 2 * experts))
    np.add.at(sums[..., 0], groups, common)
    for part, choices in enumerate((first, second)):
        _add_loads(sums[..., 1 + part * experts : 1 + (part + 1) * experts], groups, choices.chosen)

    def estimates(totals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        loads, other_loads = totals[..., 1 : 1 + experts], totals[..., 1 + experts :]
        tokens = loads.sum(-1) / k
        values = totals[..., 0] / tokens, (loads * other_loads).sum(-1) / tokens**2 / k
        return tuple(np.concatenate([value, value.mean(-1, keepdims=True)], axis=-1) for value in values)

    value, independent = estimates(sums.sum(0))
    values, independents = estimates(resampled_sums(sums, resamples, seed))
    low, high = percentile_interval(values)
    excess_low, excess_high = percentile_interval(values - independents)
    return pd.DataFrame(
        {
            "layer": [*first.layers, -1],
            "value": value,
            "low": low,
            "high": high,
            "chance": k / experts,
            "independent": independent,
            "excess": value - independent,
            "excess_low": excess_low,
            "excess_high": excess_high,
            "renumbered": _renumbered(first, second),
            "tokens": len(first.ids),
            "passages": len(sums),
        }
    )


def _add_loads(sums: np.ndarray, groups: np.ndarray, chosen: np.ndarray) -> None:
    """Adds choices [T, L, k] to counts [G, L, E] of their groups."""
    for layer in range(chosen.shape[1]):
        np.add.at(sums, (groups[:, None], layer, chosen[:, layer]), 1)


def _renumbered(first: Choices, second: Choices) -> np.ndarray:
    """97.5 % quantile [L + 1] of the excess over random numberings of the experts, taken as normal.

    Tokens by pairs of experts, less the product of the loads, have rows and columns that sum to 0: the trace under a
    random permutation has mean 0 and the sum of squares over E - 1 as its variance (Hoeffding 1951).
    """
    tokens, layers, k = first.chosen.shape
    experts = first.experts
    variances = np.zeros(layers)
    for layer in range(layers):
        cells = first.chosen[:, layer, :, None].astype(np.int64) * experts + second.chosen[:, layer, None, :]
        together = np.bincount(cells.ravel(), minlength=experts**2).reshape(experts, experts) / tokens
        residual = together - np.outer(together.sum(1), together.sum(0)) / k**2
        variances[layer] = (residual**2).sum() / max(1, experts - 1) / k**2
    errors = np.sqrt(np.append(variances, variances.sum() / layers**2))
    return norm.ppf(0.975) * errors


def _check_comparable(first: Choices, second: Choices) -> None:
    pair = f"{first.model!r} and {second.model!r}"
    if first.layers != second.layers:
        raise ValueError(
            f"{pair} were recorded at different layers, {first.layers} and {second.layers}: compare "
            "checkpoints of one run."
        )
    sizes = [(choices.chosen.shape[2], choices.experts) for choices in (first, second)]
    if sizes[0] != sizes[1]:
        (k, experts), (other_k, other_experts) = sizes
        raise ValueError(
            f"{pair} choose {k} of {experts} and {other_k} of {other_experts} experts: compare checkpoints of one run."
        )
    if not np.array_equal(first.ids, second.ids):
        raise ValueError(
            f"{pair} did not see the same tokens: compare checkpoints with one tokenizer on the same text."
        )
