import json

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import MistralConfig, MistralForCausalLM

from nbutils.models.embedded import DATA

SMALL = {"max_tokens": "2000", "compare_to": ""}


def copied_model(tmp_path, change):
    """moe-scratch in a folder of its own, with changed weights."""
    folder = tmp_path / "model"
    folder.mkdir()
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        (folder / name).write_bytes((DATA / "moe-scratch" / name).read_bytes())
    weights = load_file(DATA / "moe-scratch" / "model.safetensors")
    change(weights)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def fill_expert_with_nan(weights):
    name = next(name for name in weights if "layers.2.mlp.experts.3.down" in name)
    weights[name].fill_(float("nan"))


def nan_model(tmp_path):
    return copied_model(tmp_path, fill_expert_with_nan)


def corrupt_model(tmp_path):
    folder = copied_model(tmp_path, lambda weights: None)
    whole = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(whole[: len(whole) // 2])
    return folder


def dense_model(tmp_path):
    folder = copied_model(tmp_path, lambda weights: None)
    sizes = {"vocab_size": 4096, "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1}
    config = MistralConfig(**sizes, num_attention_heads=2, num_key_value_heads=2)
    torch.manual_seed(0)
    MistralForCausalLM(config).save_pretrained(folder)
    return folder


def empty_text(tmp_path):
    (tmp_path / "empty.txt").write_text("\n \n")
    return tmp_path / "empty.txt"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("model", "moe-scrath", "moe-scratch"),
        ("model", dense_model, "has no MoE layer; found dense MLPs at model.layers.0.mlp"),
        ("model", nan_model, "expert 3 of layer 2 gives an output that is not finite"),
        ("model", corrupt_model, "download it again"),
        ("text", empty_text, "holds no text"),
        ("sentence", "word " * 600, "do not fit the 512-token context"),
        ("window", "1000", "do not fit the 512-token context"),
        ("compare_to", "moe-upcycle", "moe-upcycled"),
        ("layers", "5-2", "write 'all' or numbers and ranges"),
        ("layers", "3,8", "layer 8 is out of range: the MoE layers are 0-7"),
        ("max_tokens", "5", "max_tokens = 5 is not allowed"),
    ],
)
def test_bad_input_ends_in_one_sentence_and_leaves_no_result(run_notebook, tmp_path, name, value, sentence):
    value = str(value(tmp_path) if callable(value) else value)

    outcome, written = run_notebook("router_norms", **SMALL | {name: value})

    assert outcome.findings is None
    assert sentence in outcome.failure
    assert "\n" not in outcome.failure
    assert written == {"router_norms.failed.ipynb"}


@pytest.mark.slow
def test_own_model_and_text_give_findings_that_repeat(run_notebook, tmp_path):
    folder = copied_model(tmp_path, lambda weights: None)
    (tmp_path / "own.txt").write_text("\n\n".join(f"Sentence number {i} of a text. " * 20 for i in range(40)))
    texts = {"model": str(folder), "text": str(tmp_path / "own.txt"), "layers": "0,3-7"}

    first, written = run_notebook("router_norms", "first", **SMALL | texts)
    run_notebook("router_norms", "second", **SMALL | texts)

    assert first.failure is None
    assert len(first.findings) == 6
    assert {"findings.json", "run.json", "agreement.png", "agreement.svg", "agreement.csv"} <= written
    for file in written - {"router_norms.ipynb", "run.json"}:
        one, other = (tmp_path / place / "router_norms" / file for place in ("first", "second"))
        assert one.read_bytes() == other.read_bytes(), file
    record = json.loads((tmp_path / "first" / "router_norms" / "findings.json").read_text())
    assert record["schema_version"] == 1
    assert record["parameters"]["layers"] == "0,3-7"
