import itertools

import numpy as np
import pytest

from nbutils.training.tokens import END_OF_TEXT, token_streams, train_tokenizer, training_batches


def test_tokenizer_gives_text_back_in_every_script(small_domains):
    tokenizer = train_tokenizer(small_domains, 300)

    text = "alpha Ω ไทย\n\t🙂"
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text
    assert len(tokenizer) == 300
    assert len(tokenizer("alpha beta")["input_ids"]) < len("alpha beta")


def test_streams_end_each_document(small_domains):
    tokenizer = train_tokenizer(small_domains, 300)

    streams = token_streams(small_domains, tokenizer)

    end = tokenizer.convert_tokens_to_ids(END_OF_TEXT)
    assert set(streams) == {"first", "second"}
    assert all(20 < (stream == end).sum() <= 30 and stream[-1] == end for stream in streams.values())


def test_windows_come_from_domains_by_weight_and_repeat_with_the_seed():
    streams = {"first": np.zeros(500, np.uint16), "second": np.ones(500, np.uint16)}
    weights = {"first": 3, "second": 1}

    def drawn(seed):
        return list(itertools.islice(training_batches(streams, weights, sequences=50, length=20, seed=seed), 20))

    first = drawn(0)
    assert all(batch.shape == (50, 20) for batch in first)
    share = sum(int((batch[:, 0] == 0).sum()) for batch in first) / 1000
    assert share == pytest.approx(0.75, abs=0.05)
    assert all((a == b).all() for a, b in zip(first, drawn(0), strict=True))
    assert any((a != b).any() for a, b in zip(first, drawn(1), strict=True))
