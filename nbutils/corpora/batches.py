"""Passages tokenised, cut to windows and padded into batches."""

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from nbutils.corpora.passages import Passage
from nbutils.corpora.texts import TextError, read


@dataclass(frozen=True)
class Batch:
    """Token windows padded on the right.

    Attributes:
        input_ids: [sequences, length] int64.
        attention_mask: [sequences, length] int64, 1 for tokens and 0 for padding.
        sequence: [sequences] int64, number of each window's passage: the unit that resampling must respect.
        domains: source of each window.
    """

    input_ids: Tensor
    attention_mask: Tensor
    sequence: Tensor
    domains: tuple[str, ...]


@dataclass(frozen=True)
class Window:
    """Consecutive tokens of one passage."""

    tokens: list[int]
    sequence: int
    domain: str


def batches(
    text: str, tokenizer: PreTrainedTokenizerBase, max_tokens: int, *, length: int = 256, batch_size: int = 8
) -> list[Batch]:
    """At most `max_tokens` tokens of the sources in `text`, taken passage by passage in turn from each source.

    Args:
        text: sources, as `read` takes them.
        tokenizer: of the model to be measured; its special tokens are kept.
        max_tokens: number of tokens, padding not counted.
        length: longest window, in tokens; longer passages become several windows.
        batch_size: windows in a batch; fewer where they would all fit in one, as a shuffled null needs two.

    Returns:
        Batches of windows of similar length, so that little is padded. Windows, batches and the numbers of passages are
        in an order that mixes the sources and never changes.

    Raises:
        TextError: a source cannot be read or there is no text in it.
        ValueError: a number is below 1.
    """
    if min(max_tokens, length, batch_size) < 1:
        raise ValueError(f"max_tokens={max_tokens}, length={length} and batch_size={batch_size} must be at least 1.")
    windows = list(_windows(_in_turn(read(text)), tokenizer, max_tokens, length))
    if not windows:
        raise TextError(f"text {text!r} holds no text: name a source with at least one word in it.")
    order = random.Random(0)
    passages = sorted({window.sequence for window in windows})
    numbers = dict(zip(passages, order.sample(range(len(passages)), len(passages)), strict=True))
    windows = [replace(window, sequence=numbers[window.sequence]) for window in windows]
    order.shuffle(windows)
    windows.sort(key=lambda window: -len(window.tokens))
    size = min(batch_size, -(-len(windows) // 2))
    groups = [windows[i : i + size] for i in range(0, len(windows), size)]
    order.shuffle(groups)
    return [_padded(group, tokenizer) for group in groups]


def batch_of(sentence: str, tokenizer: PreTrainedTokenizerBase) -> Batch:
    """One sentence as a batch of its own.

    Raises:
        TextError: the sentence has no token.
    """
    tokens = tokenizer(sentence)["input_ids"]
    if not sentence.strip() or not tokens:
        raise TextError("sentence is empty: write at least one word.")
    return _padded([Window(tokens, 0, "sentence")], tokenizer)


def _in_turn(sources: dict[str, Iterator[Passage]]) -> Iterator[Passage]:
    turns = itertools.zip_longest(*sources.values())
    return (passage for turn in turns for passage in turn if passage is not None)


def _windows(
    passages: Iterator[Passage], tokenizer: PreTrainedTokenizerBase, max_tokens: int, length: int
) -> Iterator[Window]:
    left = max_tokens
    for number, passage in enumerate(passages):
        if not passage.text.strip():
            continue
        tokens = tokenizer(passage.text, verbose=False)["input_ids"][:left]
        for start in range(0, len(tokens), length):
            yield Window(tokens[start : start + length], number, passage.domain)
        left -= len(tokens)
        if left <= 0:
            return


def _padded(windows: list[Window], tokenizer: PreTrainedTokenizerBase) -> Batch:
    width = max(len(window.tokens) for window in windows)
    padding = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id or 0
    input_ids = torch.full((len(windows), width), padding)
    attention_mask = torch.zeros_like(input_ids)
    for row, window in enumerate(windows):
        input_ids[row, : len(window.tokens)] = torch.tensor(window.tokens)
        attention_mask[row, : len(window.tokens)] = 1
    return Batch(
        input_ids, attention_mask, torch.tensor([w.sequence for w in windows]), tuple(w.domain for w in windows)
    )
