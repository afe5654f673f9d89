"""How well a model predicts each passage, token by token."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from torch import Tensor

from nbutils.corpora import Batch
from nbutils.models import LoadedModel
from nbutils.moe.observe import check_context
from nbutils.moe.probe import wide

# Positions whose logits are held in float32 at a time: 0.5 GB with a vocabulary of 256 000 tokens.
POSITIONS = 512


@torch.no_grad()
def passage_losses(loaded: LoadedModel, batches: Iterable[Batch]) -> pd.DataFrame:
    """Loss of a causal language model on each passage, in one forward pass over the batches.

    It is computed from the logits: the loss that transformers gives may hold the router's auxiliary loss besides.

    Args:
        loaded: the model.
        batches: windows of tokens; each window's first token and padding are not predicted.

    Returns:
        One row per passage with a predicted token, in the order of their numbers: `passage`, `loss` (sum over its
        tokens of the negative log probability of the next one, in nats), `tokens` (predicted).

    Raises:
        ValueError: a window is longer than the model's context, no token is predicted, or a loss is not finite.
    """
    parts = []
    for batch in batches:
        check_context(loaded, batch.input_ids.shape[1])
        ids, mask = batch.input_ids.to(loaded.model.device), batch.attention_mask.to(loaded.model.device)
        logits = loaded.model(input_ids=ids, attention_mask=mask, use_cache=False).logits
        tokens = batch.attention_mask[:, 1:].sum(1).numpy()
        parts.append(
            pd.DataFrame({"passage": batch.sequence.numpy(), "loss": _sums(logits, ids, mask), "tokens": tokens})
        )
    if not sum(part["tokens"].sum() for part in parts):
        raise ValueError("there is no token to predict: give at least one window of two tokens.")
    windows = pd.concat(parts)
    if not np.isfinite(windows["loss"]).all():
        raise ValueError(
            f"the loss of {loaded.name!r} is not finite: its weights hold NaN or inf, or overflow in this dtype (try "
            "dtype='float32')."
        )
    table = windows.groupby("passage", as_index=False).sum()
    return table[table["tokens"] > 0].reset_index(drop=True)


def _sums(logits: Tensor, ids: Tensor, mask: Tensor) -> list[float]:
    """Loss of each window [B], from logits [B, T, V]."""
    sums = []
    for window, tokens, predicted in zip(logits, ids, mask[:, 1:].sum(1).tolist(), strict=True):
        pieces = zip(window[:predicted].split(POSITIONS), tokens[1 : predicted + 1].split(POSITIONS), strict=True)
        losses = [F.cross_entropy(piece.float(), following, reduction="none") for piece, following in pieces]
        sums.append(sum(float(wide(loss).sum()) for loss in losses))
    return sums
