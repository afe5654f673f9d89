"""Trains a clip scorer and keeps the weights that do best on the validation windows."""

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pandas as pd
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from nbutils.progress import progress
from nbutils.training.loop import learning_rate_factor
from nbutils.video.errors import VideoError
from nbutils.video.model.checkpoint import load_checkpoint, save_checkpoint
from nbutils.video.model.config import ScorerConfig
from nbutils.video.model.inputs import Batch
from nbutils.video.model.losses import Losses, window_losses
from nbutils.video.model.network import ClipScorer
from nbutils.video.training.data import Targets, WindowData, collate
from nbutils.video.training.recipe import Recipe
from nbutils.video.training.standardisation import fit_inputs


def train_scorer(
    config: ScorerConfig,
    training: WindowData,
    validation: WindowData,
    folder: Path | str,
    recipe: Recipe | None = None,
    device: str = "cpu",
    each_epoch: Callable[[dict[str, float]], None] | None = None,
) -> tuple[ClipScorer, pd.DataFrame]:
    """Trains a scorer from random weights; the folder holds the best epoch so far, also after an interruption.

    The same seed gives the same weights on the same machine. The best epoch is that of the lowest focal and DIoU loss
    on the validation windows; test windows have no part in it.

    Args:
        config: sizes of the scorer.
        training: windows to learn from.
        validation: windows of other videos.
        folder: of the checkpoint.
        recipe: None is `Recipe()`.
        device: of torch.
        each_epoch: is called with an epoch's row of the history when it ends.

    Returns:
        The scorer of the best epoch in evaluation mode, and one row an epoch with `epoch` (from 1), `learning_rate` (of
        its last step), the mean over windows of `focal`, `diou`, `alignment` while training and of
        `validation_loss`, and `best`, whether it was the best until then.

    Raises:
        VideoError: a video stands in both sets, features are unfit, or the loss is not finite.
    """
    recipe = recipe or Recipe()
    _require_disjoint(training, validation)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        model = ClipScorer(config)
    fit_inputs(model, training, recipe.seed)
    model.to(device)
    generator = torch.Generator().manual_seed(recipe.seed)
    # Even a loader that does not shuffle draws a number, which must not come from the caller's generator.
    loader = partial(
        DataLoader, batch_size=recipe.batch_size, collate_fn=partial(collate, config=model.config), generator=generator
    )
    batches = loader(training, shuffle=True)
    steps = recipe.epochs * len(batches)
    optimizer = torch.optim.AdamW(model.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, partial(learning_rate_factor, steps=steps, warm_up=max(1, round(recipe.warm_up * steps)))
    )
    history, lowest = [], math.inf
    for epoch in progress(range(1, recipe.epochs + 1), "training the clip scorer"):
        means = _train_epoch(model, batches, optimizer, schedule, recipe, generator)
        loss = validation_loss(model, loader(validation), recipe)
        if not math.isfinite(loss):
            raise VideoError(
                f"the loss is not finite after epoch {epoch}: train with a learning rate below {recipe.learning_rate:g}"
            )
        best = loss < lowest
        if best:
            lowest = loss
            save_checkpoint(model, folder)
        history.append({"epoch": epoch, **means, "validation_loss": loss, "best": best})
        if each_epoch is not None:
            each_epoch(history[-1])
    return load_checkpoint(folder, device), pd.DataFrame(history)


def _train_epoch(
    model: ClipScorer,
    batches: DataLoader,
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LambdaLR,
    recipe: Recipe,
    generator: torch.Generator,
) -> dict[str, float]:
    """Mean losses over the windows of one pass, and the learning rate of its last step."""
    model.train()
    sums, windows = torch.zeros(len(Losses._fields)), 0
    for batch, targets in batches:
        present = hide_modalities(batch.present, recipe.modality_dropout, generator)
        losses = _losses(model, batch._replace(present=present), targets)
        rate = schedule.get_last_lr()[0]
        total = recipe.focal * losses.focal + recipe.diou * losses.diou + recipe.alignment * losses.alignment
        optimizer.zero_grad(set_to_none=True)
        total.mean().backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.clip_norm)
        optimizer.step()
        schedule.step()
        sums += torch.stack([loss.detach().sum().cpu() for loss in losses])
        windows += len(batch.present)
    return {"learning_rate": rate, **dict(zip(Losses._fields, (sums / windows).tolist(), strict=True))}


@torch.inference_mode()
def validation_loss(model: ClipScorer, batches: DataLoader, recipe: Recipe) -> float:
    """Mean over windows of the weighted focal and DIoU losses, with all modalities that the windows have."""
    model.eval()
    total, windows = 0.0, 0
    for batch, targets in batches:
        losses = _losses(model, batch, targets)
        total += float((recipe.focal * losses.focal + recipe.diou * losses.diou).sum())
        windows += len(batch.present)
    return total / windows


def hide_modalities(present: Tensor, chance: float, generator: torch.Generator) -> Tensor:
    """`present` [B, 3] with each modality hidden by `chance`, except where none would be left."""
    kept = present & (torch.rand(present.shape, generator=generator) >= chance)
    return torch.where(kept.any(1, keepdim=True), kept, present)


def _losses(model: ClipScorer, batch: Batch, targets: Targets) -> Losses:
    device = model.join.weight.device
    batch = batch.to(device)
    outputs = model(*batch)
    return window_losses(outputs, *(target.to(device) for target in targets), batch.present, batch.padding)


def _require_disjoint(training: WindowData, validation: WindowData) -> None:
    shared = sorted(training.video_ids() & validation.video_ids())
    if shared:
        raise VideoError(
            f"video {shared[0]!r} stands in training and validation ({len(shared)} do): split by video, not by window"
        )
