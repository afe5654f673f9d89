import shutil

import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import OlmoeConfig, OlmoeForCausalLM, PreTrainedTokenizerFast

from nbutils.models import embedded

WORDS = ["<end>", "<unknown>", "the", "router", "picks", "an", "expert"]


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def tiny_config():
    """Returns a function, as a config belongs to one model."""

    def make(*, tie_word_embeddings=True):
        return OlmoeConfig(
            vocab_size=32,
            hidden_size=16,
            intermediate_size=12,
            num_hidden_layers=2,
            num_attention_heads=2,
            num_key_value_heads=2,
            num_experts=4,
            num_experts_per_tok=2,
            max_position_embeddings=32,
            pad_token_id=0,
            bos_token_id=0,
            eos_token_id=0,
            tie_word_embeddings=tie_word_embeddings,
        )

    return make


@pytest.fixture(scope="session")
def tiny_tokenizer():
    words = Tokenizer(WordLevel({word: index for index, word in enumerate(WORDS)}, unk_token="<unknown>"))
    words.pre_tokenizer = Whitespace()
    return PreTrainedTokenizerFast(tokenizer_object=words, unk_token="<unknown>", eos_token="<end>")


@pytest.fixture(scope="session")
def saved_model(tmp_path_factory, tiny_config, tiny_tokenizer):
    """A whole bfloat16 checkpoint with its tokenizer; tests that damage it use `folder`."""
    folder = tmp_path_factory.mktemp("saved") / "tiny"
    torch.manual_seed(1)
    OlmoeForCausalLM(tiny_config()).to(torch.bfloat16).save_pretrained(folder)
    tiny_tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture
def folder(saved_model, tmp_path):
    """A copy of the checkpoint that a test may change."""
    return shutil.copytree(saved_model, tmp_path / "tiny")


@pytest.fixture
def data(saved_model, tmp_path, monkeypatch):
    """A stand-in for data/: moe-scratch with one snapshot without tokenizer and the seed of its first weights."""
    data = tmp_path / "data"
    shutil.copytree(saved_model, data / "moe-scratch")
    (data / "moe-scratch" / "training.json").write_text('{"initial_seed": 5}')
    snapshot = data / "moe-scratch" / "step250"
    snapshot.mkdir()
    for name in ("config.json", "model.safetensors"):
        shutil.copy(saved_model / name, snapshot)
    monkeypatch.setattr(embedded, "DATA", data)
    return data


@pytest.fixture(scope="session")
def token_ids():
    return torch.tensor([[2, 3, 4, 5, 6, 0]])
