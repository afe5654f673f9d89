import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from nbutils.models import LoadedModel, ModelError
from nbutils.reward.errors import RewardDataError
from nbutils.reward.scoring import log_likelihood
from nbutils.reward.scoring.likelihood import spans
from tests.reward.scoring.made import WORDS, language_model, sentences, tokenizer

MODELS = {
    "llama": {},
    "qwen2": {},
    "gemma2": {},  # soft caps its logits
    "gpt2": {},
    "mistral": {"sliding_window": 8},
    "olmoe": {"num_experts": 4, "num_experts_per_tok": 2},
    "granite": {"logits_scaling": 4.0},
    "xglm": {"d_model": 16, "ffn_dim": 16, "attention_heads": 2, "num_layers": 1},
}


def by_hand(loaded, prompt_ids, response_ids):
    """Token after token, from all the tokens before."""
    total = 0.0
    for place in range(len(response_ids)):
        before = torch.tensor([[*prompt_ids, *response_ids[:place]]])
        logits = loaded.model(before).logits[0, -1].double()
        total += float(logits[response_ids[place]] - torch.logsumexp(logits, 0))
    return total


def ids(text):
    return [WORDS.index(word) for word in text.split()]


@pytest.mark.parametrize("model_type", MODELS)
def test_equals_the_sum_over_tokens_one_by_one(model_type, rng):
    loaded = language_model(model_type, **MODELS[model_type])
    prompts, responses = sentences(7, rng, 10), sentences(7, rng, 20)
    table = log_likelihood(loaded, prompts, responses, batch_tokens=64)
    expected = [by_hand(loaded, ids(p), ids(r)) for p, r in zip(prompts, responses, strict=True)]
    assert table["log_likelihood"].tolist() == pytest.approx(expected, rel=1e-5, abs=1e-4)
    assert table["log_likelihood"].dtype == "float64"
    assert table["tokens"].tolist() == [len(ids(response)) for response in responses]


@pytest.mark.parametrize("batch_tokens", [1, 7, 10_000])
def test_batches_and_parts_change_nothing(batch_tokens, rng):
    loaded = language_model("llama")
    prompts, responses = sentences(5, rng, 10), sentences(5, rng, 20)
    expected = log_likelihood(loaded, prompts, responses, batch_tokens=200)
    table = log_likelihood(loaded, prompts, responses, batch_tokens=batch_tokens)
    assert table["log_likelihood"].tolist() == pytest.approx(expected["log_likelihood"].tolist(), rel=1e-6)


def test_logits_are_made_for_few_positions_at_a_time(monkeypatch):
    loaded = language_model("llama")
    shapes = []
    loaded.model.lm_head.register_forward_hook(lambda *call: shapes.append(call[2].shape[1]))
    log_likelihood(loaded, ["w1 w2"], ["w3 " * 40], batch_tokens=16)
    assert max(shapes) <= 16
    assert sum(shapes) == 40


class TestLongTexts:
    def test_windows_keep_half_of_the_positions_as_context(self, rng):
        loaded = language_model("gpt2", max_position_embeddings=16)
        prompt, response = sentences(2, rng)[0], " ".join(f"w{word}" for word in rng.integers(0, 40, 50))
        table = log_likelihood(loaded, [prompt], [response], batch_tokens=64)
        tokens, first, expected = ids(prompt) + ids(response), len(ids(prompt)), 0.0
        while first < len(tokens):
            start = max(0, first - 8)
            end = min(len(tokens), start + 16)
            expected += by_hand(loaded, tokens[start:first], tokens[first:end])
            first = end
        assert table["log_likelihood"][0] == pytest.approx(expected, rel=1e-5)
        assert table["tokens"][0] == 50

    @given(first=st.integers(1, 60), extra=st.integers(0, 60), limit=st.integers(2, 40))
    def test_each_token_is_scored_once_with_context(self, first, extra, limit):
        length = first + extra
        scored = []
        for start, begin, end in spans(first, length, limit):
            assert 0 <= start < begin < end <= length
            assert end - start <= limit
            assert begin - start >= min(begin, limit // 2)
            scored.extend(range(begin, end))
        assert scored == list(range(first, length))

    def test_a_text_that_fits_is_one_window(self):
        assert list(spans(30, 40, 40)) == [(0, 30, 40)]
        assert list(spans(3, 40, float("inf"))) == [(0, 3, 40)]


class TestPrompts:
    def test_an_empty_one_is_the_beginning_of_a_text(self):
        loaded = language_model("llama")
        table = log_likelihood(loaded, [""], ["w1 w2"])
        assert table["log_likelihood"][0] == pytest.approx(by_hand(loaded, [1], ids("w1 w2")), rel=1e-5)

    def test_begins_as_the_tokenizer_begins_and_has_no_end(self):
        loaded = language_model("llama", own_tokenizer=tokenizer(special_tokens=True))
        table = log_likelihood(loaded, ["w3"], ["w1 w2"])
        assert table["log_likelihood"][0] == pytest.approx(by_hand(loaded, [1, *ids("w3")], ids("w1 w2")), rel=1e-5)

    def test_a_conversation_is_written_up_to_the_answer(self):
        loaded = language_model("llama", own_tokenizer=tokenizer(special_tokens=True))
        table = log_likelihood(loaded, [[{"role": "user", "content": "w3"}]], ["w1 w2"])
        prompt = ids("<begin> user: w3 <end> assistant:")
        assert table["log_likelihood"][0] == pytest.approx(by_hand(loaded, prompt, ids("w1 w2")), rel=1e-5)

    def test_no_token_to_begin_with(self):
        loaded = language_model("llama")
        bare = LoadedModel("org/bare", loaded.model, tokenizer())
        bare.tokenizer.bos_token = bare.tokenizer.eos_token = None
        with pytest.raises(ModelError, match="'org/bare' has no token to begin a text with: give prompt 1"):
            log_likelihood(bare, ["w1", ""], ["w2", "w2"])


def test_an_empty_response_has_log_likelihood_zero():
    table = log_likelihood(language_model("llama"), ["w1", "w1"], ["", "w2"])
    assert table["log_likelihood"][0] == 0
    assert table["tokens"].tolist() == [0, 1]
    assert table["log_likelihood"][1] < 0


def test_no_texts():
    assert len(log_likelihood(language_model("llama"), [], [])) == 0


def test_half_precision_logits_are_summed_in_full_precision(rng):
    loaded = language_model("llama")
    response = [" ".join(sentences(4, rng, 15))]
    precise = log_likelihood(loaded, ["w1"], response)["log_likelihood"][0]
    loaded.model.bfloat16()
    rounded = log_likelihood(loaded, ["w1"], response)["log_likelihood"][0]
    assert rounded == pytest.approx(precise, rel=0.02)
    assert np.float64(rounded) != float(torch.tensor(rounded).bfloat16())


def test_bad_input(monkeypatch):
    loaded = language_model("llama")
    with pytest.raises(RewardDataError, match="there are 1 prompts and 2 responses"):
        log_likelihood(loaded, ["w1"], ["w1", "w2"])
    with pytest.raises(RewardDataError, match="response 1 is None"):
        log_likelihood(loaded, ["w1", "w1"], ["w1", None])
    with pytest.raises(RewardDataError, match="text 0 is 3"):
        log_likelihood(loaded, [3], ["w1"])

    def full(*_, **__):
        raise torch.OutOfMemoryError

    monkeypatch.setattr(loaded.model, "forward", full)
    with pytest.raises(ModelError, match="no memory for 1 texts of 3 tokens"):
        log_likelihood(loaded, ["w1"], ["w1 w2"])


def test_a_model_that_gives_all_its_logits_or_none(monkeypatch, rng):
    loaded = language_model("llama")
    prompts, responses = sentences(5, rng, 10), sentences(5, rng, 20)
    expected = log_likelihood(loaded, prompts, responses)["log_likelihood"]
    forward = loaded.model.forward

    def whole(input_ids, attention_mask, use_cache):
        return forward(input_ids=input_ids, attention_mask=attention_mask, use_cache=use_cache)

    monkeypatch.setattr(loaded.model, "forward", whole)
    values = log_likelihood(loaded, prompts, responses, batch_tokens=16)["log_likelihood"]
    assert values.tolist() == pytest.approx(expected.tolist(), rel=1e-6)
