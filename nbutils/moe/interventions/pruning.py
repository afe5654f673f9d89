"""Removes a share of every layer's experts, in the order of their saliency and in others (REAP, arXiv 2510.13999)."""

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import pandas as pd

from nbutils.corpora import Batch
from nbutils.models import LoadedModel, MoELayer
from nbutils.moe.interventions.changes import beside, by_model
from nbutils.moe.interventions.losses import passage_losses
from nbutils.moe.interventions.removal import without_experts
from nbutils.moe.observe import layers_at
from nbutils.moe.sums import Probe
from nbutils.progress import progress

LEAST_SALIENT, MOST_SALIENT, LEAST_USED, RANDOM = "least salient", "most salient", "least used", "random"
# From the rows of one layer to the same rows, the first expert to be removed first.
ORDERS: dict[str, Callable[[pd.DataFrame, np.random.Generator], pd.DataFrame]] = {
    LEAST_SALIENT: lambda rows, generator: rows.sort_values("saliency", kind="stable"),
    MOST_SALIENT: lambda rows, generator: rows.sort_values("saliency", ascending=False, kind="stable"),
    LEAST_USED: lambda rows, generator: rows.sort_values("load_share", kind="stable"),
    RANDOM: lambda rows, generator: rows.sample(frac=1, random_state=generator),
}
# The fewest with which the best of all has a chance of at most 5 %: 1 / (19 + 1).
DRAWS_TO_JUDGE = 19
DRAWS = {0.125: 3, 0.25: 3, 0.5: DRAWS_TO_JUDGE, 0.75: 3}


def saliency(probe: Probe) -> pd.DataFrame:
    """Saliency of each expert: mean over the tokens routed to it of its weight times the norm of its output.

    This is REAP's criterion (arXiv 2510.13999); an expert that no token was routed to has none, 0.

    Returns:
        One row per layer and expert: `model`, `layer`, `expert`, `saliency`, `load_share` (share of the layer's slots
        that go to the expert).
    """
    layers, experts = probe.chosen.shape
    index = pd.MultiIndex.from_product(
        [[probe.model], probe.layers, range(experts)], names=["model", "layer", "expert"]
    )
    columns = {
        "saliency": probe.chosen_weighted_norm / np.maximum(probe.chosen, 1),
        "load_share": probe.chosen / probe.chosen.sum(1, keepdims=True),
    }
    values = {name: value.reshape(layers * experts) for name, value in columns.items()}
    return pd.DataFrame(values, index=index).reset_index()


def pruning_losses(
    loaded: LoadedModel,
    batches: Iterable[Batch],
    saliencies: pd.DataFrame,
    draws: Mapping[float, int] = DRAWS,
    seed: int = 0,
) -> pd.DataFrame:
    """Loss of each passage without a share of each layer's experts, as if they never were (`without_experts`).

    The least salient, the most salient and the least used experts are removed, and sets drawn at random, which grow
    with the share: a draw that removes more keeps what it had removed. Nothing is trained afterwards. Costs one forward
    pass over the batches for the untouched model, and for each share three and one for each random draw: 41 with the
    default.

    Args:
        loaded: a model with MoE layers.
        batches: windows of tokens, best of other passages than those behind the saliencies.
        saliencies: from `saliency`, of the same model; the layers in it are pruned.
        draws: random sets by share of the experts that is removed, above 0 and below 1.
        seed: of the random sets.

    Returns:
        One row per order, share, draw and passage: `model`, `order`, `share`, `removed` (experts removed in a layer of
        the largest number of experts), `draw` (0 but for random sets), and the columns of `changes.beside`.

    Raises:
        ValueError: a share is not between 0 and 1, the saliencies are of another model, or as for `passage_losses`.
    """
    _check(loaded, saliencies, draws)
    layers, batches = layers_at(loaded, sorted(set(saliencies["layer"]))), list(batches)
    untouched, frames = passage_losses(loaded, batches), []
    for share, order, draw in progress(_runs(draws), loaded.name):
        generator = np.random.default_rng([seed, draw])
        ranked = {layer: ORDERS[order](rows, generator)["expert"] for layer, rows in saliencies.groupby("layer")}
        removed = {layer.index: ranked[layer.index].head(_count(layer, share)).tolist() for layer in layers}
        with without_experts(layers, removed):
            losses = passage_losses(loaded, batches)
        keys = {"order": order, "share": share, "removed": max(map(len, removed.values())), "draw": draw}
        frames.append(beside(untouched, losses, model=loaded.name, **keys))
    return pd.concat(frames, ignore_index=True)


def pruning_curve(losses: pd.DataFrame, resamples: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Change in loss by the share of the experts that is removed.

    Args:
        losses: from `pruning_losses`, of one model or several.
        resamples: bootstrap samples over passages.
        seed: of the bootstrap.

    Returns:
        One row per model, order and share: `model`, `order`, `share`, `removed`, `loss` (nats per token; random sets:
        mean over draws), `change` (against the untouched model) with `low` and `high` (95 %, paired, over passages; the
        draws are given), `best_draw` and `worst_draw` (smallest and largest change among the draws), `draws`,
        `passages`, `tokens`.
    """
    keys, frames = ["order", "share", "removed"], []
    for model, changes in by_model(losses, [*keys, "draw"], resamples, seed):
        by_draw = changes.interventions.assign(change=changes.change).groupby(keys, sort=False)["change"]
        draws = by_draw.agg(best_draw="min", worst_draw="max", draws="size").reset_index()
        table = changes.mean_by(keys).table().merge(draws, on=keys).assign(model=model)
        frames.append(table.assign(loss=table["change"] + changes.untouched))
    columns = ["loss", "change", "low", "high", "best_draw", "worst_draw", "draws", "passages", "tokens"]
    return pd.concat(frames, ignore_index=True)[["model", *keys, *columns]]


def cost_above(losses: pd.DataFrame, order: str, resamples: int = 1000, seed: int = 0) -> pd.DataFrame:
    """How much more it costs to remove experts in another order than the least salient ones.

    Args:
        losses: from `pruning_losses`, of one model or several.
        order: the other one, such as "random", the mean over its draws.
        resamples: bootstrap samples over passages.
        seed: of the bootstrap.

    Returns:
        One row per model and share: `model`, `share`, `removed`, `change` (the difference, nats per token) with `low`
        and `high` (95 %, paired, over passages; the draws are given), `draws` (of the other order), `as_good` (draws
        that cost no more than the least salient experts), `passages`, `tokens`.
    """
    keys, frames = ["order", "share", "removed"], []
    for model, changes in by_model(losses, [*keys, "draw"], resamples, seed):
        other, least = changes.where(order=order), changes.where(order=LEAST_SALIENT)
        number = {share: i for i, share in enumerate(least.interventions["share"])}
        beside_draws = least.at([number[share] for share in other.interventions["share"]])
        draws = other.interventions.assign(as_good=other.change <= beside_draws.change)
        counts = draws.groupby(keys, sort=False)["as_good"].agg(draws="size", as_good="sum").reset_index()
        difference = other.minus(beside_draws).mean_by(keys).table()
        frames.append(difference.merge(counts, on=keys).assign(model=model))
    columns = ["model", "share", "removed", "change", "low", "high", "draws", "as_good", "passages", "tokens"]
    return pd.concat(frames, ignore_index=True)[columns]


def _check(loaded: LoadedModel, saliencies: pd.DataFrame, draws: Mapping[float, int]) -> None:
    names = set(saliencies["model"])
    if names != {loaded.name}:
        raise ValueError(f"the saliencies are of {', '.join(sorted(names))}: give those of {loaded.name!r}.")
    for share in draws:
        if not 0 < share < 1:
            raise ValueError(f"share {share} of the experts cannot be removed: choose shares between 0 and 1.")


def _runs(draws: Mapping[float, int]) -> list[tuple[float, str, int]]:
    """Share, order and number of the draw of each forward pass."""
    runs = []
    for share, number in draws.items():
        runs += [(share, order, 0) for order in ORDERS if order != RANDOM]
        runs += [(share, RANDOM, draw) for draw in range(number)]
    return runs


def _count(layer: MoELayer, share: float) -> int:
    return round(share * layer.num_experts)
