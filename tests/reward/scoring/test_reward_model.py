import json

import pandas as pd
import pytest
import torch

from nbutils.models import LoadedModel, ModelError
from nbutils.reward.scoring import conversation, score_with_reward_model
from nbutils.reward.scoring import reward_model as module
from tests.reward.scoring.made import reward_model, sentences, tokenizer

ENCODERS = ("bert", "deberta-v2", "modernbert", "roberta")
DECODERS = ("llama", "qwen2", "qwen3", "mistral", "gemma2", "gpt2", "gpt_neox", "mixtral")
SETTINGS = {
    "deberta-v2": {"relative_attention": True, "pos_att_type": ["c2p", "p2c"], "type_vocab_size": 0},
    "roberta": {"max_position_embeddings": 128},
    "mixtral": {"num_local_experts": 4},
}


def alone(loaded, ids, **more):
    """The score that transformers gives of one text without padding."""
    return float(loaded.model(input_ids=torch.tensor([list(ids)]), **more).logits)


def tokens(loaded, text):
    return loaded.tokenizer(text)["input_ids"]


class TestBatchedScoresEqualThoseOneByOne:
    @pytest.mark.parametrize("pad_token_id", [0, None, 2], ids=["own", "absent", "end of text"])
    @pytest.mark.parametrize("model_type", DECODERS)
    def test_decoders(self, model_type, pad_token_id, rng):
        loaded = reward_model(model_type, pad_token_id=pad_token_id, **SETTINGS.get(model_type, {}))
        loaded.tokenizer.padding_side = "left"
        texts = [f"{text} <end>" for text in sentences(12, rng)] + ["w1 <end> <end>", "w1", "w0"]
        scores = score_with_reward_model(loaded, texts, batch_tokens=120)["score"]
        expected = [alone(loaded, tokens(loaded, text)) for text in texts]
        assert scores.tolist() == pytest.approx(expected, abs=2e-5)
        assert pd.Series(expected).std() > 0.1
        assert loaded.model.config.pad_token_id == pad_token_id

    @pytest.mark.parametrize("model_type", ENCODERS)
    def test_encoders(self, model_type, rng):
        settings = SETTINGS.get(model_type, {})
        loaded = reward_model(model_type, own_tokenizer=tokenizer(special_tokens=True), **settings)
        texts = sentences(12, rng)
        scores = score_with_reward_model(loaded, texts, batch_tokens=120)["score"]
        expected = [alone(loaded, tokens(loaded, text)) for text in texts]
        assert scores.tolist() == pytest.approx(expected, abs=2e-5)
        assert pd.Series(expected).std() > 0.01

    def test_pairs_with_token_types(self, rng):
        loaded = reward_model("bert", own_tokenizer=tokenizer(special_tokens=True, types=True))
        pairs = list(zip(sentences(8, rng, 12), sentences(8, rng, 12), strict=True))
        scores = score_with_reward_model(loaded, pairs, batch_tokens=60)["score"]
        inputs = [loaded.tokenizer(*pair) for pair in pairs]
        types = [torch.tensor([entry["token_type_ids"]]) for entry in inputs]
        expected = [alone(loaded, e["input_ids"], token_type_ids=t) for e, t in zip(inputs, types, strict=True)]
        assert scores.tolist() == pytest.approx(expected, abs=2e-5)
        without = [alone(loaded, entry["input_ids"]) for entry in inputs]
        assert scores.tolist() != pytest.approx(without, abs=1e-3)

    def test_conversations(self, rng):
        loaded = reward_model("llama")
        chats = [conversation(*pair) for pair in zip(sentences(6, rng, 9), sentences(6, rng, 9), strict=True)]
        scores = score_with_reward_model(loaded, chats, batch_tokens=50)
        written = [loaded.tokenizer.apply_chat_template(chat, return_dict=True)["input_ids"] for chat in chats]
        assert scores["score"].tolist() == pytest.approx([alone(loaded, ids) for ids in written], abs=2e-5)
        assert scores["tokens"].tolist() == list(map(len, written))

    @pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
    def test_half_precision(self, dtype, rng):
        loaded = reward_model("llama")
        texts = sentences(10, rng)
        precise = score_with_reward_model(loaded, texts)["score"]
        loaded.model.to(dtype)
        rounded = score_with_reward_model(loaded, texts)["score"]
        assert rounded.dtype == "float64"
        assert rounded.tolist() == pytest.approx(precise.tolist(), rel=0.05, abs=0.2)
        assert rounded.tolist() != precise.tolist()


def test_order_tokens_and_repeated_texts(rng):
    loaded = reward_model("llama")
    texts = sentences(9, rng)
    whole = score_with_reward_model(loaded, texts)
    assert whole["tokens"].tolist() == [len(text.split()) for text in texts]
    turned = score_with_reward_model(loaded, [*texts[::-1], texts[0]])
    assert turned["score"].tolist() == pytest.approx([*whole["score"][::-1], whole["score"][0]], abs=2e-5)
    assert turned["score"].iloc[-1] == turned["score"].iloc[-2]


def test_no_texts():
    scores = score_with_reward_model(reward_model("llama"), [])
    assert list(scores.columns) == ["score", "tokens", "truncated"]
    assert len(scores) == 0


def test_truncation_is_reported():
    loaded = reward_model("llama")
    long = " ".join(["w1"] * 70 + ["w2"] * 63)
    cut, kept = score_with_reward_model(loaded, [long, "w1 " + "w2 " * 63]).itertuples()
    assert (cut.tokens, cut.truncated, kept.tokens, kept.truncated) == (64, True, 64, False)
    assert cut.score == kept.score
    shorter = score_with_reward_model(loaded, [long, "w1"], max_length=10)
    assert shorter["truncated"].tolist() == [True, False]
    with pytest.raises(ValueError, match="max_length=65 has to be between 1 and the 64 positions"):
        score_with_reward_model(loaded, ["w1"], max_length=65)
    loaded.tokenizer.model_max_length = 20
    assert score_with_reward_model(loaded, [long])["tokens"].tolist() == [20]


class Counted(torch.nn.Module):
    """A model that counts its calls and is interrupted in the middle of one of them."""

    def __init__(self, model, interrupted_at=None):
        super().__init__()
        self.inner, self.calls, self.interrupted_at = model, 0, interrupted_at
        self.config, self.device, self.dtype = model.config, model.device, model.dtype

    def named_parameters(self):
        return self.inner.named_parameters()

    def forward(self, **inputs):
        self.calls += 1
        if self.calls == self.interrupted_at:
            raise KeyboardInterrupt
        return self.inner(**inputs)


def counted(interrupted_at=None):
    loaded = reward_model("llama")
    return LoadedModel("tiny", Counted(loaded.model, interrupted_at), loaded.tokenizer)


class TestResume:
    def test_an_interrupted_run_goes_on_with_the_same_scores(self, tmp_path, rng):
        texts = sentences(20, rng)
        whole = counted()
        expected = score_with_reward_model(whole, texts, batch_tokens=100)
        kept = tmp_path / "scores.jsonl"
        stopped = counted(interrupted_at=4)
        with pytest.raises(KeyboardInterrupt):
            score_with_reward_model(stopped, texts, batch_tokens=100, resume=kept)
        done = kept.read_text().count("\n")
        assert 0 < done < 20
        kept.write_bytes(kept.read_bytes()[:-3])
        resumed = counted()
        again = score_with_reward_model(resumed, texts, batch_tokens=100, resume=kept)
        pd.testing.assert_frame_equal(again, expected, check_exact=True)
        assert resumed.model.calls < whole.model.calls
        rows = [json.loads(line) for line in kept.read_text().splitlines()]
        assert len({row["key"] for row in rows}) == len(rows) == 20

    def test_a_finished_run_is_read_back(self, tmp_path, rng):
        texts = sentences(6, rng)
        kept = tmp_path / "scores.jsonl"
        first = score_with_reward_model(counted(), texts, resume=kept)
        content = kept.read_bytes()
        again = counted()
        pd.testing.assert_frame_equal(score_with_reward_model(again, texts, resume=str(kept)), first, check_exact=True)
        assert again.model.calls == 0
        assert kept.read_bytes() == content

    def test_another_model_and_new_texts_are_scored(self, tmp_path, rng):
        texts = sentences(4, rng)
        kept = tmp_path / "scores.jsonl"
        score_with_reward_model(reward_model("llama"), texts, resume=kept)
        other = reward_model("mistral")
        scores = score_with_reward_model(other, [*texts, "w7 w8"], resume=kept)
        expected = score_with_reward_model(other, [*texts, "w7 w8"])
        pd.testing.assert_frame_equal(scores, expected, check_exact=True)
        assert kept.read_text().count("\n") == 9


class TestNeverAWrongScore:
    def test_a_model_that_reads_the_last_position(self, rng):
        loaded = reward_model("xlnet", max_position_embeddings=None, d_inner=16, d_head=8)
        texts = sentences(6, rng)
        with pytest.raises(ModelError, match=r"'tiny' scores a text .* alone .* set batch_tokens=1"):
            score_with_reward_model(loaded, texts)
        scores = score_with_reward_model(loaded, texts, batch_tokens=1)["score"]
        assert scores.tolist() == pytest.approx([alone(loaded, tokens(loaded, text)) for text in texts], abs=1e-6)

    def test_scores_that_are_not_finite(self, tmp_path):
        loaded = reward_model("llama")
        with torch.no_grad():
            loaded.model.score.weight[:] = float("inf")
        kept = tmp_path / "scores.jsonl"
        with pytest.raises(ModelError, match=r"not finite in torch.float32: load it with dtype"):
            score_with_reward_model(loaded, ["w1 w2"], resume=kept)
        assert kept.read_text() == ""

    def test_several_labels(self):
        with pytest.raises(ModelError, match=r"gives \[3\] numbers of a text and not one score"):
            score_with_reward_model(reward_model("llama", num_labels=3), ["w1"])

    def test_no_memory(self, monkeypatch):
        loaded = reward_model("llama")

        def full(*_, **__):
            raise torch.OutOfMemoryError

        monkeypatch.setattr(loaded.model, "forward", full)
        with pytest.raises(ModelError, match="no memory for 2 texts of 3 tokens: choose a smaller batch_tokens"):
            score_with_reward_model(loaded, ["w1 w2 w3", "w1"])

    def test_the_config_is_left_as_it_was_after_an_error(self, monkeypatch):
        loaded = reward_model("llama", pad_token_id=None)
        monkeypatch.setattr(loaded.model, "forward", lambda **_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            score_with_reward_model(loaded, ["w1 w2 w3", "w1"])
        assert loaded.model.config.pad_token_id is None


def test_padding_never_is_the_last_token_of_a_text():
    loaded = reward_model("llama", pad_token_id=None)
    texts = module.encode(loaded, ["<pad> w1 <pad>", "<begin>"], 64)
    with module._padding_token(loaded.model, texts) as padding:
        assert padding == loaded.model.config.pad_token_id == 2
