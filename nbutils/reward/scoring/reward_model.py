"""Scores by a sequence-classification reward model, in batches and resumable."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from nbutils.models import LoadedModel, ModelError
from nbutils.progress import progress
from nbutils.reward.scoring.batching import length_batches, padded
from nbutils.reward.scoring.encoding import Encoded, Text, encode, positions
from nbutils.reward.scoring.score_file import append_scores, keys_of, read_scores

# Largest difference, relative to 1 + |score|, that another order of the same sums makes.
ROUNDING = {torch.float16: 0.25, torch.bfloat16: 0.25}
FULL_PRECISION_ROUNDING = 1e-3


def score_with_reward_model(
    loaded: LoadedModel,
    texts: Sequence[Text],
    *,
    batch_tokens: int = 8192,
    max_length: int | None = None,
    resume: str | Path | None = None,
) -> pd.DataFrame:
    """The score of each text, equal to what the model gives of that text alone.

    Sequence classifiers of transformers read the score at the last token that is not `pad_token_id` of the config.
    Batches are therefore padded with that token; where the config has none, with a token that no text of the batch ends
    with. The first padded batch is compared with its shortest text alone.

    Args:
        loaded: from `load_reward_model`.
        texts: each a conversation (see `conversation`), written with the tokenizer's chat template; a (prompt,
            response) tuple, joined as the tokenizer joins two texts, which encoder reward models are trained on; or a
            string, scored as it stands.
        batch_tokens: most tokens of a batch, padding included; 1 scores each text alone.
        max_length: most tokens of a text, by default what tokenizer and model allow; longer texts lose their beginning.
        resume: file that scores are added to after each batch. Texts whose score by this model stands in it are not
            scored again: an interrupted run that is repeated loses at most one batch and gives the same scores.

    Returns:
        One row per text in the given order: `score` float64, `tokens` int (after truncation), `truncated` bool.

    Raises:
        ModelError: no chat template for a conversation; a score that is not finite or not one number; scores that
            change with padding; no memory for a batch.
        RewardDataError: a text that cannot be encoded, or a file that holds something else than scores.
        ValueError: a limit out of range.
    """
    encoded = encode(loaded, texts, _length_limit(loaded, max_length))
    keys = keys_of(loaded, encoded)
    kept = None if resume is None else Path(resume)
    scores = {} if kept is None else read_scores(kept)
    first_with = {key: row for row, key in reversed(list(enumerate(keys)))}
    rows = sorted(first_with.values())
    batches = length_batches([len(encoded[row].ids) for row in rows], batch_tokens)
    unchecked = True
    for batch in progress(batches, f"scores by {loaded.name}"):
        members = [rows[index] for index in batch]
        if all(keys[row] in scores for row in members):
            continue
        # All of them even where some are kept, so that rounding is that of an uninterrupted run.
        of_batch = _batch_scores(loaded, [encoded[row] for row in members])
        if unchecked and len(encoded[members[0]].ids) > len(encoded[members[-1]].ids):
            _require_independence(loaded, encoded[members[-1]], of_batch[-1])
            unchecked = False
        new = {keys[row]: score for row, score in zip(members, of_batch, strict=True) if keys[row] not in scores}
        if kept is not None:
            append_scores(kept, new)
        scores |= new
    return pd.DataFrame(
        {
            "score": pd.Series([scores[key] for key in keys], dtype="float64"),
            "tokens": pd.Series([len(text.ids) for text in encoded], dtype="int64"),
            "truncated": pd.Series([text.truncated for text in encoded], dtype="bool"),
        }
    )


def _length_limit(loaded: LoadedModel, max_length: int | None) -> int:
    allowed = positions(loaded)
    if max_length is None:
        return int(min(allowed, loaded.tokenizer.model_max_length))
    if not 1 <= max_length <= allowed:
        raise ValueError(f"max_length={max_length} has to be between 1 and the {allowed} positions of {loaded.name!r}")
    return max_length


def _batch_scores(loaded: LoadedModel, batch: Sequence[Encoded]) -> list[float]:
    model = loaded.model
    with _padding_token(model, batch) as padding, torch.inference_mode():
        inputs = {
            "input_ids": padded([text.ids for text in batch], padding),
            "attention_mask": padded([np.ones(len(text.ids)) for text in batch], 0),
        }
        if batch[0].types is not None:
            inputs["token_type_ids"] = padded([text.types for text in batch], 0)
        try:
            logits = model(**{name: rows.to(model.device) for name, rows in inputs.items()}).logits
        except torch.OutOfMemoryError:
            raise ModelError(
                f"model {loaded.name!r} has no memory for {len(batch)} texts of {len(batch[0].ids)} tokens: choose a "
                "smaller batch_tokens, or a smaller max_length where one text alone is too long"
            ) from None
    if logits.shape != (len(batch), 1):
        raise ModelError(f"model {loaded.name!r} gives {list(logits.shape[1:])} numbers of a text and not one score")
    scores = logits[:, 0].tolist()
    if not all(map(math.isfinite, scores)):
        raise ModelError(
            f"model {loaded.name!r} gives a score that is not finite in {model.dtype}: load it with dtype='bfloat16' "
            "or 'float32'"
        )
    return scores


@contextmanager
def _padding_token(model: torch.nn.Module, batch: Sequence[Encoded]) -> Iterator[int]:
    """The token that the model passes over when it looks for the last one; the config is left as it was."""
    config = model.config.get_text_config()
    own = config.pad_token_id
    if own is None and len(batch) > 1:
        last = {int(text.ids[-1]) for text in batch}
        config.pad_token_id = next(token for token in range(len(batch) + 1) if token not in last)
    try:
        yield config.pad_token_id or 0
    finally:
        config.pad_token_id = own


def _require_independence(loaded: LoadedModel, text: Encoded, in_batch: float) -> None:
    alone = _batch_scores(loaded, [text])[0]
    tolerance = ROUNDING.get(loaded.model.dtype, FULL_PRECISION_ROUNDING) * (1 + abs(alone))
    if abs(alone - in_batch) > tolerance:
        raise ModelError(
            f"model {loaded.name!r} scores a text {alone:.4g} alone and {in_batch:.4g} beside longer ones: set "
            "batch_tokens=1, as it does not pass over padding"
        )
