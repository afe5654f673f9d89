"""Held-out perplexity of language models by domain, against counting models."""

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from torch import Tensor

from nbutils.corpora import DOMAINS, Batch, batches

# Negative log probability [sequences, length - 1] in nats of each token after the first, given those before it.
Scorer = Callable[[Batch], Tensor]


def model_scorer(model: torch.nn.Module) -> Scorer:
    """The surprise of a causal language model."""

    @torch.no_grad()
    def score(batch: Batch) -> Tensor:
        logits = model(batch.input_ids, attention_mask=batch.attention_mask, use_cache=False).logits[:, :-1]
        return F.cross_entropy(logits.mT.float(), batch.input_ids[:, 1:], reduction="none")

    return score


def unigram_scorer(stream: np.ndarray, vocabulary: int) -> Scorer:
    """The surprise under token frequencies, one added to each count."""
    log_probability = torch.from_numpy(np.log(_unigram(stream, vocabulary)))
    return lambda batch: -log_probability[batch.input_ids[:, 1:]]


def bigram_scorer(stream: np.ndarray, vocabulary: int) -> Scorer:
    """The surprise under pairs of tokens, smoothed by the unigram (Witten and Bell 1991)."""
    pairs = stream[:-1].astype(np.int64) * vocabulary + stream[1:]
    counts = np.bincount(pairs, minlength=vocabulary**2).reshape(vocabulary, vocabulary).astype(np.float32)
    followers = (counts > 0).sum(1, keepdims=True)
    seen = counts.sum(1, keepdims=True)
    # A token that was never followed by anything is all back-off.
    back_off = np.where(seen > 0, followers, 1)
    probability = (counts + back_off * _unigram(stream, vocabulary)) / (seen + back_off)
    log_probability = torch.from_numpy(np.log(probability.astype(np.float32)))
    return lambda batch: -log_probability[batch.input_ids[:, :-1], batch.input_ids[:, 1:]]


def perplexities(scorers: dict[str, Scorer], tokenizer, tokens: int) -> pd.DataFrame:
    """Perplexity on held-out text: one row a model, one column a domain, the last the mean over domains of the loss."""
    losses = {}
    for domain in DOMAINS:
        held_out = batches(domain, tokenizer, tokens)
        for name, score in scorers.items():
            losses.setdefault(name, {})[domain] = mean_loss(score, held_out)
    table = pd.DataFrame(losses).T
    return np.exp(table.assign(mean=table.mean(axis=1)))


def mean_loss(score: Scorer, held_out: Iterable[Batch]) -> float:
    """Mean negative log probability of the tokens after each sequence's first, in nats."""
    total, count = 0.0, 0
    for batch in held_out:
        mask = batch.attention_mask[:, 1:].bool()
        total += float(score(batch)[mask].double().sum())
        count += int(mask.sum())
    return total / count


@torch.no_grad()
def sample(model: torch.nn.Module, tokenizer, prompt: str, *, tokens: int, seed: int, temperature: float = 0.8) -> str:
    """Text that the model continues `prompt` with."""
    ids = tokenizer(prompt, return_tensors="pt")["input_ids"]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        output = model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=tokens,
            do_sample=True,
            temperature=temperature,
            top_k=0,
        )
    return tokenizer.decode(output[0, ids.shape[1] :])


def _unigram(stream: np.ndarray, vocabulary: int) -> np.ndarray:
    counts = np.bincount(stream, minlength=vocabulary) + 1
    return (counts / counts.sum()).astype(np.float32)
