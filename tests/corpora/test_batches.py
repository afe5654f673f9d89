import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from nbutils.corpora import TextError, batch_of, batches


@pytest.fixture(scope="module")
def tokenizer():
    """One token a byte."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    model = Tokenizer(models.BPE(vocab={"<pad>": 0} | {c: i + 1 for i, c in enumerate(alphabet)}, merges=[]))
    model.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    return PreTrainedTokenizerFast(tokenizer_object=model, pad_token="<pad>")


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("\n\n".join(["a" * 700, "b" * 600, "c" * 30]))
    return str(path)


def test_tokens_are_counted_without_padding_and_cut_at_the_limit(tokenizer, source):
    result = batches(source, tokenizer, 1000, length=256, batch_size=2)

    assert sum(int(batch.attention_mask.sum()) for batch in result) == 1000
    assert all(batch.input_ids.shape[0] <= 2 and batch.input_ids.shape[1] <= 256 for batch in result)


def test_padding_is_masked_and_windows_of_a_passage_share_its_number(tokenizer, source):
    result = batches(source, tokenizer, 10_000, length=256, batch_size=8)

    for batch in result:
        assert torch.equal(batch.input_ids == 0, batch.attention_mask == 0)
    lengths = {}
    for batch in result:
        for sequence, mask in zip(batch.sequence.tolist(), batch.attention_mask, strict=True):
            lengths[sequence] = lengths.get(sequence, 0) + int(mask.sum())
    assert sorted(lengths.values()) == [30, 602, 702]


def test_sources_take_turns_and_are_mixed(tokenizer):
    result = batches("plays,licences", tokenizer, 60_000, length=2000, batch_size=8)

    domain_of = {n: d for batch in result for n, d in zip(batch.sequence.tolist(), batch.domains, strict=True)}
    assert sorted(domain_of) == list(range(len(domain_of)))
    plays = sum(domain == "plays" for domain in domain_of.values())
    assert abs(plays - len(domain_of) / 2) <= 1
    even = [domain for number, domain in domain_of.items() if number % 2 == 0]
    assert 0.2 < sum(domain == "plays" for domain in even) / len(even) < 0.8


def test_there_are_two_batches_at_least(tokenizer, source):
    assert len(batches(source, tokenizer, 10_000, length=256, batch_size=4096)) == 2


def test_no_text(tokenizer, tmp_path):
    (tmp_path / "empty.txt").write_text(" \n\n ")

    with pytest.raises(TextError, match="holds no text"):
        batches(str(tmp_path / "empty.txt"), tokenizer, 100)
    with pytest.raises(TextError, match="sentence is empty"):
        batch_of("  ", tokenizer)
