import json
import shutil

import huggingface_hub
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

from nbutils.models import ModelError, stored_moe_layers
from nbutils.models.checkpoint import INDEX, WEIGHTS
from tests.models.architectures import ARCHITECTURES, build


def without(folder, *names):
    """Takes tensors out of a checkpoint of one file."""
    tensors = load_file(folder / WEIGHTS)
    for name in names:
        del tensors[name]
    save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})


@pytest.mark.parametrize(
    "missing",
    [
        ["model.layers.1.mlp.experts.3.up_proj.weight"],
        ["model.layers.1.mlp.experts.0.down_proj.weight"],
        ["model.layers.0.mlp.gate.weight"],
        [f"model.layers.1.mlp.experts.{expert}.up_proj.weight" for expert in range(4)],
        [f"model.layers.0.mlp.experts.{expert}.down_proj.weight" for expert in range(4)],
    ],
)
def test_a_missing_tensor_is_named(folder, missing):
    without(folder, *missing)
    # Without any of them nothing says how the checkpoint named them.
    named = missing[0] if "down_proj" not in missing[0] or len(missing) == 1 else "model.layers.0.mlp.experts.down_proj"
    with pytest.raises(ModelError, match=f"checkpoint of model .* lacks {named}, which its architecture needs"):
        stored_moe_layers(folder)


def test_a_missing_tensor_is_named_as_the_checkpoint_names_the_others(tmp_path):
    build("mixtral", **ARCHITECTURES["mixtral"][0]).save_pretrained(tmp_path)
    without(tmp_path, missing := "model.layers.2.block_sparse_moe.experts.5.w3.weight")
    with pytest.raises(ModelError, match=f"lacks {missing}, which its architecture needs"):
        stored_moe_layers(tmp_path)


def test_a_tensor_of_another_shape_is_named(folder):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"intermediate_size": 10}))
    with pytest.raises(ModelError, match=r"experts.* with shape \(4, 24, 16\) and its config.json says \(4, 20, 16\)"):
        stored_moe_layers(folder)


def test_eight_bit_tensors_are_refused(folder):
    tensors = load_file(folder / WEIGHTS)
    name = "model.layers.1.mlp.experts.1.up_proj.weight"
    tensors[name] = tensors[name].to(torch.float8_e4m3fn)
    save_file(tensors, folder / WEIGHTS)
    with pytest.raises(ModelError, match=rf"stores {name} in F8_E4M3, unreadable without its scales"):
        stored_moe_layers(folder)


def test_quantised_experts_under_other_names_are_refused(folder):
    names = [name for name in load_file(folder / WEIGHTS) if "experts" in name and "down" in name]
    without(folder, *names)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"quantization_config": {"quant_method": "mxfp4"}}))
    with pytest.raises(ModelError, match=r"stores model\.layers\.0\.mlp\.experts\.down_proj in mxfp4, unreadable"):
        stored_moe_layers(folder)


def test_a_missing_shard(saved_model, tmp_path):
    folder = tmp_path / "sharded"
    model = AutoModelForCausalLM.from_pretrained(saved_model)
    model.save_pretrained(folder, max_shard_size="5KB")
    next(folder.glob("*-00002-of-*")).unlink()
    with pytest.raises(ModelError, match=r"1 of the \d+ weight files .* missing \(first model-00002"):
        stored_moe_layers(folder)


def test_a_truncated_file(folder):
    whole = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(whole[:-10])
    with pytest.raises(ModelError, match="not a whole safetensors file"):
        stored_moe_layers(folder)


def test_a_damaged_index(folder):
    (folder / WEIGHTS).unlink()
    (folder / INDEX).write_text("{")
    with pytest.raises(ModelError, match="not a safetensors index"):
        stored_moe_layers(folder)


def test_pickle_alone(folder):
    (folder / WEIGHTS).rename(folder / "pytorch_model.bin")
    with pytest.raises(ModelError, match=r"as pickle \(pytorch_model.bin\), which can run code"):
        stored_moe_layers(folder)


def test_a_file_that_goes_away_later(folder):
    layer = stored_moe_layers(folder)[0]
    shutil.rmtree(folder)
    with pytest.raises(ModelError, match="cannot be read any more"):
        layer.up(0)


def test_code_of_a_checkpoint_is_not_run_unasked(folder):
    config = json.loads((folder / "config.json").read_text())
    own = {"model_type": "own", "auto_map": {"AutoConfig": "own.OwnConfig", "AutoModelForCausalLM": "own.OwnModel"}}
    (folder / "config.json").write_text(json.dumps(config | own))
    (folder / "own.py").write_text("raise RuntimeError('this code ran')")
    with pytest.raises(ModelError, match="set trust_remote_code=True"):
        stored_moe_layers(folder)
    with pytest.raises(ModelError, match="this code ran"):
        stored_moe_layers(folder, trust_remote_code=True)


def test_names_that_mean_nothing(data, monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match="neither an embedded model"):
        stored_moe_layers("moe-scrtach")
    with pytest.raises(ModelError, match="has no revision 'step9'"):
        stored_moe_layers("moe-scratch@step9")
