import json

import huggingface_hub
import pytest
import torch
from transformers import AutoModelForSequenceClassification, BertConfig, LlamaConfig, LlamaForCausalLM

from nbutils.models import ModelError, load_reward_model, loading

SIZES = {
    "vocab_size": 32,
    "hidden_size": 16,
    "intermediate_size": 8,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "num_hidden_layers": 2,
    "pad_token_id": 0,
}


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)


@pytest.fixture
def save(tmp_path, tiny_tokenizer):
    """Returns a function that saves a classifier with random weights and its tokenizer."""

    def save(config, folder="reward"):
        torch.manual_seed(2)
        model = AutoModelForSequenceClassification.from_config(config)
        with torch.no_grad():  # a head that is made up on loading would not have these
            head = model.score if hasattr(model, "score") else model.classifier
            head.weight += 3
        model.save_pretrained(tmp_path / folder)
        tiny_tokenizer.save_pretrained(tmp_path / folder)
        return tmp_path / folder, model.eval()

    return save


def refusal(*args, **options):
    with pytest.raises(ModelError) as caught:
        load_reward_model(*args, device="cpu", **options)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize("config_class", [LlamaConfig, BertConfig])
def test_a_folder_gives_the_saved_model_ready_for_use(save, config_class, token_ids):
    folder, model = save(config_class(**SIZES, num_labels=1))
    loaded = load_reward_model(folder, device="cpu")
    with torch.no_grad():
        expected = model(token_ids).logits
    torch.testing.assert_close(loaded.model(token_ids).logits, expected)
    assert expected.shape == (1, 1)
    assert loaded.name == str(folder)
    assert not loaded.model.training
    assert not any(weight.requires_grad for weight in loaded.model.parameters())
    assert loaded.tokenizer("the router picks").input_ids == [2, 3, 4]


def test_a_config_that_does_not_tell_the_number_of_labels(save, token_ids):
    folder, model = save(LlamaConfig(**SIZES, num_labels=1))
    config = json.loads((folder / "config.json").read_text())
    del config["id2label"], config["label2id"]
    (folder / "config.json").write_text(json.dumps(config))
    with torch.no_grad():
        assert torch.equal(load_reward_model(folder, device="cpu").model(token_ids).logits, model(token_ids).logits)


@pytest.mark.parametrize(("dtype", "expected"), [("auto", torch.float32), ("bfloat16", torch.bfloat16)])
def test_dtype_on_cpu(save, dtype, expected):
    folder, _ = save(LlamaConfig(**SIZES, num_labels=1))
    loaded = load_reward_model(folder, device="cpu", dtype=dtype)
    assert {weight.dtype for weight in loaded.model.parameters()} == {expected}


def test_device_map_auto(save, token_ids):
    folder, model = save(LlamaConfig(**SIZES, num_labels=1))
    loaded = load_reward_model(folder, device_map="auto")
    with torch.no_grad():
        torch.testing.assert_close(loaded.model(token_ids).logits.cpu(), model(token_ids).logits)


class TestBadInput:
    @pytest.mark.parametrize("labels", [2, 3])
    def test_several_labels(self, save, labels):
        folder, _ = save(LlamaConfig(**SIZES, num_labels=labels))
        message = refusal(folder)
        assert "as a reward model with one score" in message
        assert f"score.weight is stored as [{labels}, 16] and has to be [1, 16]" in message

    def test_a_language_model_has_no_score_head(self, tmp_path, tiny_tokenizer):
        LlamaForCausalLM(LlamaConfig(**SIZES)).save_pretrained(tmp_path / "lm")
        tiny_tokenizer.save_pretrained(tmp_path / "lm")
        message = refusal(tmp_path / "lm")
        assert "lacks 1 of the weights its architecture needs (score.weight)" in message
        assert "saved with its score head" in message

    def test_an_architecture_without_a_classifier(self, saved_model):
        message = refusal(saved_model)
        assert "as a reward model with one score" in message
        assert "OlmoeConfig" in message

    @pytest.mark.parametrize("name", ["moe-scratch", "moe-scratch@untrained"])
    def test_an_embedded_language_model_is_none(self, data, name):
        assert "as a reward model with one score" in refusal(name)

    def test_unknown_name(self):
        assert "is neither an embedded model" in refusal("no/such-model")

    def test_pickle_only(self, save):
        folder, _ = save(LlamaConfig(**SIZES, num_labels=1))
        (folder / "model.safetensors").unlink()
        torch.save({}, folder / "pytorch_model.bin")
        assert "pytorch_model.bin" in refusal(folder)

    def test_truncated_weights(self, save):
        folder, _ = save(LlamaConfig(**SIZES, num_labels=1))
        weights = folder / "model.safetensors"
        weights.write_bytes(weights.read_bytes()[:-100])
        assert "download it again" in refusal(folder)

    def test_without_tokenizer(self, save):
        folder, _ = save(LlamaConfig(**SIZES, num_labels=1))
        (folder / "tokenizer.json").unlink()
        assert "no tokenizer files" in refusal(folder)

    def test_unreadable_config(self, save):
        folder, _ = save(LlamaConfig(**SIZES, num_labels=1))
        (folder / "config.json").write_text('{"model_type": "no_such_architecture"}')
        assert "as a reward model with one score" in refusal(folder)

    def test_remote_code(self, save):
        folder, _ = save(LlamaConfig(**SIZES, num_labels=1))
        config = {"auto_map": {"AutoConfig": "own.C", "AutoModelForSequenceClassification": "own.M"}}
        (folder / "config.json").write_text(json.dumps(config | {"model_type": "own"}))
        (folder / "own.py").write_text("raise SystemExit('code of the checkpoint ran')")
        assert "trust_remote_code=True" in refusal(folder)

    def test_too_large(self, save, monkeypatch):
        folder, _ = save(LlamaConfig(**SIZES, num_labels=1))
        monkeypatch.setattr(loading, "free_bytes", lambda devices: dict.fromkeys(devices, 1000))
        assert "0.00 GB on cpu" in refusal(folder)

    def test_arguments(self, save):
        folder, _ = save(LlamaConfig(**SIZES, num_labels=1))
        assert "dtype 'half' is unknown" in refusal(folder, dtype="half")
        assert "needs a CUDA GPU" in refusal(folder, quantization="4bit")
        assert "has no revisions" in refusal(folder, revision="main")
