"""From training documents to token streams: the tokenizer of the embedded models and windows sampled by domain."""

from collections.abc import Iterator

import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from nbutils.corpora.passages import documents, hash_name

END_OF_TEXT = "<|endoftext|>"


def train_tokenizer(domains: dict[str, float], vocabulary: int, characters: int = 4_000_000) -> PreTrainedTokenizerFast:
    """Byte-level BPE trained on up to `characters` of training text, shared among domains by their weights."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[END_OF_TEXT],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_sample(domains, characters), trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token=END_OF_TEXT, bos_token=END_OF_TEXT, pad_token=END_OF_TEXT
    )


def _sample(domains: dict[str, float], characters: int) -> Iterator[str]:
    for domain, weight in domains.items():
        left = int(characters * weight)
        for document in sorted(documents(domain, "training"), key=lambda d: hash_name(d.name)):
            if left <= 0:
                break
            yield document.text[:left]
            left -= len(document.text)


def token_streams(domains, tokenizer) -> dict[str, np.ndarray]:
    """All training tokens of each domain, documents in a row with an end-of-text token between them."""
    streams = {}
    for domain in domains:
        texts = [document.text for document in documents(domain, "training")]
        encoded = tokenizer(texts)["input_ids"]
        streams[domain] = np.concatenate([np.array([*ids, tokenizer.eos_token_id], dtype=np.uint16) for ids in encoded])
    return streams


def training_batches(
    streams: dict[str, np.ndarray], weights: dict[str, float], *, sequences: int, length: int, seed: int
) -> Iterator[torch.Tensor]:
    """Endless batches [sequences, length] of windows that start anywhere in a domain drawn by its weight."""
    generator = np.random.default_rng(seed)
    names = list(weights)
    probabilities = np.array([weights[name] for name in names]) / sum(weights.values())
    while True:
        windows = []
        for name in generator.choice(names, size=sequences, p=probabilities):
            start = generator.integers(0, len(streams[name]) - length)
            windows.append(streams[name][start : start + length])
        yield torch.from_numpy(np.stack(windows).astype(np.int64))
