"""What a model loses when a layer's choice of experts, or one of its experts, is taken away."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pandas as pd
import torch

from nbutils.corpora import Batch
from nbutils.models import LoadedModel, MoELayer
from nbutils.moe.interventions import choices
from nbutils.moe.interventions.changes import beside, by_model
from nbutils.moe.interventions.losses import passage_losses
from nbutils.moe.interventions.reroute import Change, rerouted
from nbutils.moe.observe import Routed, layers_at, observed
from nbutils.progress import progress

TOP, LEAST, RANDOM = "top dropped", "least dropped", "random experts"
KINDS: dict[str, Callable[[torch.Generator], Change]] = {
    TOP: lambda generator: choices.without_top(),
    "random dropped": choices.without_random,
    LEAST: lambda generator: choices.without_least(),
    RANDOM: choices.random_experts,
    "least-scored experts": lambda generator: choices.least_scored_experts(),
}


def router_choice_losses(
    loaded: LoadedModel, batches: Iterable[Batch], layers: Sequence[int] | None = None, seed: int = 0
) -> pd.DataFrame:
    """Loss of each passage with the router's choice changed in one layer, in each of five ways.

    Costs one forward pass over the batches for the untouched model and one for each layer and kind.

    Args:
        loaded: a model with MoE layers.
        batches: windows of tokens.
        layers: decoder indices; all by default.
        seed: of the random choices.

    Returns:
        One row per layer, kind and passage: `model`, `layer`, `kind` (of `KINDS`, see `choices`: the top-weighted, a
        random or the least-weighted one of each token's experts dropped, or all of them replaced by random or by the
        least-scored experts), and the columns of `changes.beside`.

    Raises:
        ValueError: a layer has no MoE, or as for `passage_losses`.
    """
    subjects, batches = layers_at(loaded, layers), list(batches)
    untouched, frames = passage_losses(loaded, batches), []
    for layer, kind in progress([(layer, kind) for layer in subjects for kind in KINDS], loaded.name):
        with rerouted([layer], KINDS[kind](torch.Generator().manual_seed(seed))):
            losses = passage_losses(loaded, batches)
        frames.append(beside(untouched, losses, model=loaded.name, layer=layer.index, kind=kind))
    return pd.concat(frames, ignore_index=True)


def router_choice_knockouts(losses: pd.DataFrame, resamples: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Change in loss by layer and kind of change.

    Args:
        losses: from `router_choice_losses`, of one model or several.
        resamples: bootstrap samples over passages.
        seed: of the bootstrap.

    Returns:
        One row per model, layer and kind: `model`, `layer` (-1: mean over layers), `kind`, `loss` (nats per token),
        `change` (against the untouched model) with `low` and `high` (95 %, paired, over passages), `passages`,
        `tokens`.
    """
    frames = []
    for model, changes in by_model(losses, ["layer", "kind"], resamples, seed):
        mean = changes.mean_by(["kind"]).table().assign(layer=-1)
        table = pd.concat([changes.table(), mean], ignore_index=True).assign(model=model)
        frames.append(table.assign(loss=table["change"] + changes.untouched))
    columns = ["model", "layer", "kind", "loss", "change", "low", "high", "passages", "tokens"]
    return pd.concat(frames, ignore_index=True)[columns]


def top_against_least(losses: pd.DataFrame, resamples: int = 1000, seed: int = 0) -> pd.DataFrame:
    """How much more it costs to drop each token's top-weighted expert than its least-weighted one.

    Args:
        losses: from `router_choice_losses`, of one model or several.
        resamples: bootstrap samples over passages.
        seed: of the bootstrap.

    Returns:
        One row per model and layer: `model`, `layer` (-1: mean over layers), `change` (the difference, nats per token)
        with `low` and `high` (95 %, paired, over passages), `passages`, `tokens`.
    """
    frames = []
    for model, changes in by_model(losses, ["layer", "kind"], resamples, seed):
        difference = changes.where(kind=TOP).minus(changes.where(kind=LEAST))
        mean = difference.mean_by(["kind"]).table().assign(layer=-1)
        frames.append(pd.concat([difference.table(), mean], ignore_index=True).assign(model=model))
    columns = ["model", "layer", "change", "low", "high", "passages", "tokens"]
    return pd.concat(frames, ignore_index=True)[columns]


def expert_losses(
    loaded: LoadedModel,
    batches: Iterable[Batch],
    layers: Sequence[int] | None = None,
    experts: Sequence[int] | None = None,
) -> pd.DataFrame:
    """Loss of each passage with one expert silenced.

    Costs two forward passes over the batches for the untouched model and one for each layer and expert: choose a few
    layers of a large model.

    Args:
        loaded: a model with MoE layers.
        batches: windows of tokens.
        layers: decoder indices; all by default.
        experts: numbers of the experts to silence in each layer; all by default.

    Returns:
        One row per layer, expert and passage: `model`, `layer`, `expert`, `load_share` (share of the layer's slots that
        go to the expert; 1 / number of experts when the load is even), and the columns of `changes.beside`.

    Raises:
        ValueError: a layer has no MoE or not such an expert, or as for `passage_losses`.
    """
    subjects, batches = layers_at(loaded, layers), list(batches)
    untouched, shares = passage_losses(loaded, batches), _load_shares(loaded, batches, subjects)
    pairs = [
        (layer, expert) for layer in subjects for expert in (range(layer.num_experts) if experts is None else experts)
    ]
    frames = []
    for layer, expert in progress(pairs, loaded.name):
        with rerouted([layer], choices.silenced([expert])):
            losses = passage_losses(loaded, batches)
        keys = {"layer": layer.index, "expert": expert, "load_share": shares[layer.index][expert]}
        frames.append(beside(untouched, losses, model=loaded.name, **keys))
    return pd.concat(frames, ignore_index=True)


def expert_knockouts(losses: pd.DataFrame, resamples: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Change in loss by silencing each expert, beside its load.

    Args:
        losses: from `expert_losses`, of one model or several.
        resamples: bootstrap samples over passages.
        seed: of the bootstrap.

    Returns:
        One row per model, layer and expert: `model`, `layer`, `expert`, `load_share`, `loss` (nats per token), `change`
        with `low` and `high` (95 %, paired, over passages), `passages`, `tokens`.
    """
    keys = ["layer", "expert", "load_share"]
    frames = []
    for model, changes in by_model(losses, keys, resamples, seed):
        table = changes.table().assign(model=model)
        frames.append(table.assign(loss=table["change"] + changes.untouched))
    columns = ["model", *keys, "loss", "change", "low", "high", "passages", "tokens"]
    return pd.concat(frames, ignore_index=True)[columns]


@torch.no_grad()
def _load_shares(loaded: LoadedModel, batches: Sequence[Batch], layers: Sequence[MoELayer]) -> dict[int, np.ndarray]:
    """Share [E] of each layer's slots that go to each expert, padding excluded, by decoder index."""
    counts = {layer.index: np.zeros(layer.num_experts) for layer in layers}
    device = loaded.model.device
    for batch in batches:
        valid = batch.attention_mask.flatten().bool()

        def see(layer: MoELayer, routed: Routed, valid=valid) -> None:
            chosen = routed.top_k_index[valid.to(routed.top_k_index.device)].flatten()
            counts[layer.index] += torch.bincount(chosen, minlength=layer.num_experts).cpu().numpy()

        with observed(layers, see):
            mask = batch.attention_mask.to(device)
            loaded.model(batch.input_ids.to(device), attention_mask=mask, use_cache=False, logits_to_keep=1)
    return {index: count / count.sum() for index, count in counts.items()}
