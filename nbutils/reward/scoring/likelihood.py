"""The log-likelihood of responses under a causal language model."""

import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F

from nbutils.models import LoadedModel, ModelError
from nbutils.progress import progress
from nbutils.reward.errors import RewardDataError
from nbutils.reward.scoring.batching import length_batches, padded
from nbutils.reward.scoring.encoding import Conversation, positions, write_chat


@dataclass(frozen=True)
class Window:
    """Tokens of one text that pass through the model together; those from `first` on are scored."""

    row: int
    ids: list[int]
    first: int


def log_likelihood(
    loaded: LoadedModel,
    prompts: Sequence[str | Conversation],
    responses: Sequence[str],
    *,
    batch_tokens: int = 4096,
) -> pd.DataFrame:
    """Sum of the log-probabilities of each response's tokens given its prompt, in nats.

    The response is tokenised by itself and follows the prompt's tokens, which begin as the tokenizer begins a text; an
    empty prompt is the begin- or end-of-text token alone.

    A text longer than the model's positions passes through in overlapping windows, each response token scored once
    with at least half of the positions (or all that there is) before it. Logits are made for at most `batch_tokens`
    positions at a time: a longer window passes through once for each such part, which takes time and not memory.

    Args:
        loaded: from `load_causal_lm`.
        prompts: strings, or conversations that the tokenizer's chat template writes up to where the answer begins.
        responses: as many strings; an empty one has log-likelihood 0.
        batch_tokens: most tokens of a batch, padding included.

    Returns:
        One row per response in the given order: `log_likelihood` float64, `tokens` int, the response's tokens.

    Raises:
        ModelError: no chat template for a conversation, no token to begin an empty prompt with, or no memory.
        RewardDataError: numbers of prompts and responses that differ, or a value that is no text.
        ValueError: `batch_tokens` is below 1.
    """
    if len(prompts) != len(responses):
        raise RewardDataError(f"there are {len(prompts)} prompts and {len(responses)} responses: give one of each")
    windows, counts = [], []
    for row, (prompt, response) in enumerate(zip(prompts, responses, strict=True)):
        if not isinstance(response, str):
            raise RewardDataError(f"response {row} is {response!r:.80}: it has to be a string")
        before = _prompt_ids(loaded, prompt, row)
        ids = loaded.tokenizer(response, add_special_tokens=False, verbose=False)["input_ids"]
        counts.append(len(ids))
        for start, first, end in spans(len(before), len(before) + len(ids), positions(loaded)):
            windows.append(Window(row, [*before, *ids][start:end], first - start))
    sums = np.zeros(len(prompts))
    batches = length_batches([len(window.ids) for window in windows], batch_tokens)
    for batch in progress(batches, f"log-likelihood under {loaded.name}"):
        members = [windows[index] for index in batch]
        for window, value in zip(members, _window_sums(loaded, members, batch_tokens), strict=True):
            sums[window.row] += value
    return pd.DataFrame({"log_likelihood": sums, "tokens": np.array(counts, dtype=np.int64)})


def spans(first: int, length: int, limit: float) -> Iterator[tuple[int, int, int]]:
    """Windows (start, first scored token, end) of at most `limit` tokens that score the tokens `first` to `length`.

    Each scored token has min(its place, limit // 2) tokens before it in its window, or more.
    """
    if length <= first:
        return
    half = int(limit // 2) if length > limit else length
    while first < length:
        start = max(0, first - half)
        end = int(min(length, start + limit))
        yield start, first, end
        first = end


def _prompt_ids(loaded: LoadedModel, prompt: str | Conversation, row: int) -> list[int]:
    tokenizer = loaded.tokenizer
    if not isinstance(prompt, str):
        text = write_chat(loaded, prompt, row, answer_follows=True)
        return tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
    ids = tokenizer(prompt, add_special_tokens=False, verbose=False)["input_ids"]
    beginning = tokenizer.bos_token_id if tokenizer.bos_token_id is not None else tokenizer.eos_token_id
    if beginning is not None and (not ids or tokenizer("")["input_ids"][:1] == [beginning]):
        return [beginning, *ids]
    if not ids:
        raise ModelError(
            f"the tokenizer of model {loaded.name!r} has no token to begin a text with: give prompt {row} at least one "
            "word"
        )
    return ids


@torch.inference_mode()
def _window_sums(loaded: LoadedModel, windows: Sequence[Window], batch_tokens: int) -> list[float]:
    """Sums over each window's scored tokens of their log-probability."""
    model = loaded.model
    inputs = {
        "input_ids": padded([window.ids for window in windows], 0).to(model.device),
        "attention_mask": padded([np.ones(len(window.ids)) for window in windows], 0).to(model.device),
    }
    partial = "logits_to_keep" in inspect.signature(model.forward).parameters
    sums = [0.0] * len(windows)
    # The logits at a position are those of the next token.
    needed = torch.arange(min(window.first for window in windows) - 1, inputs["input_ids"].shape[1] - 1)
    for places in needed.split(max(1, batch_tokens // len(windows))):
        try:
            if partial:
                logits = model(**inputs, use_cache=False, logits_to_keep=places.to(model.device)).logits
            else:
                logits = model(**inputs, use_cache=False).logits[:, places]
        except torch.OutOfMemoryError:
            raise ModelError(
                f"model {loaded.name!r} has no memory for {len(windows)} texts of {len(windows[0].ids)} tokens: choose "
                "a smaller batch_tokens"
            ) from None
        begin, stop = int(places[0]) + 1, int(places[-1]) + 2
        for row, window in enumerate(windows):
            first, end = max(window.first, begin), min(len(window.ids), stop)
            if first < end:
                targets = inputs["input_ids"][row, first:end].to(logits.device)
                own = logits[row, first - begin : end - begin]
                precise = own.to(torch.promote_types(own.dtype, torch.float32))
                sums[row] -= F.cross_entropy(precise, targets, reduction="none").cpu().double().sum().item()
    return sums
