import gc
import json
import logging
import shutil

import huggingface_hub
import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM, OlmoeForCausalLM, OlmoeModel
from transformers.utils import logging as transformers_logging

from nbutils.models import ModelError, load_causal_lm, loading


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)


def logits(loaded, token_ids):
    with torch.no_grad():
        return loaded.model(token_ids).logits


def refusal(*args, **options):
    with pytest.raises(ModelError) as caught:
        load_causal_lm(*args, **options)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_a_folder_gives_the_saved_model_ready_for_use(saved_model, token_ids):
    loaded = load_causal_lm(saved_model, device="cpu")
    expected = OlmoeForCausalLM.from_pretrained(saved_model, dtype=torch.float32).eval()
    with torch.no_grad():
        torch.testing.assert_close(logits(loaded, token_ids), expected(token_ids).logits, rtol=0, atol=0)
    assert loaded.name == str(saved_model)
    assert not loaded.model.training
    assert not any(weight.requires_grad for weight in loaded.model.parameters())
    assert loaded.tokenizer("the router picks").input_ids == [2, 3, 4]


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [("auto", torch.float32), ("float32", torch.float32), ("bfloat16", torch.bfloat16), ("float64", torch.float64)],
)
def test_dtype_on_cpu(saved_model, dtype, expected):
    loaded = load_causal_lm(saved_model, device="cpu", dtype=dtype)
    assert {weight.dtype for weight in loaded.model.parameters()} == {expected}


def test_experts_implementation_reaches_the_model(saved_model):
    loaded = load_causal_lm(saved_model, device="cpu", experts_implementation="eager")
    assert loaded.model.config._experts_implementation == "eager"
    assert "no-such-way" in refusal(saved_model, device="cpu", experts_implementation="no-such-way")


def test_sharded_checkpoint_equals_the_whole_one(saved_model, tmp_path, tiny_tokenizer, token_ids):
    whole = load_causal_lm(saved_model, device="cpu")
    whole.model.save_pretrained(tmp_path / "shards", max_shard_size="8KB")
    tiny_tokenizer.save_pretrained(tmp_path / "shards")
    assert len(list((tmp_path / "shards").glob("*.safetensors"))) > 2
    sharded = load_causal_lm(tmp_path / "shards", device="cpu")
    torch.testing.assert_close(logits(sharded, token_ids), logits(whole, token_ids), rtol=0, atol=0)


def test_device_map_with_disk_equals_the_plain_load(saved_model, token_ids, tmp_path, monkeypatch):
    monkeypatch.setattr(loading.tempfile, "tempdir", str(tmp_path))
    places = {"model.embed_tokens": "cpu", "model.rotary_emb": "cpu", "model.norm": "cpu", "lm_head": "cpu"}
    places |= {"model.layers.0": "cpu", "model.layers.1": "disk"}
    offloaded = load_causal_lm(saved_model, device_map=places)
    assert offloaded.model.model.layers[1].mlp.experts.down_proj.device.type == "meta"
    plain = load_causal_lm(saved_model, device="cpu")
    torch.testing.assert_close(logits(offloaded, token_ids), logits(plain, token_ids), rtol=0, atol=0)
    assert list(tmp_path.glob("nbutils-offload-*"))
    del offloaded
    gc.collect()
    assert not list(tmp_path.glob("nbutils-offload-*"))


def test_a_failed_load_leaves_no_offload_folder(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(loading.tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(loading, "_require_all_weights", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        load_causal_lm(folder, device_map="auto")
    assert not list(tmp_path.glob("nbutils-offload-*"))


def test_device_map_auto(saved_model, token_ids):
    loaded = load_causal_lm(saved_model, device_map="auto")
    assert logits(loaded, token_ids).isfinite().all()


class TestEmbedded:
    def test_by_name_from_any_working_folder(self, data, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        assert load_causal_lm("moe-scratch", device="cpu").name == "moe-scratch"

    def test_it_comes_before_a_folder_of_the_same_name(self, data, tmp_path, monkeypatch):
        (tmp_path / "moe-scratch").mkdir()
        monkeypatch.chdir(tmp_path)
        assert load_causal_lm("moe-scratch", device="cpu").name == "moe-scratch"

    @pytest.mark.parametrize("asked", [("moe-scratch", "step250"), ("moe-scratch@step250", None)])
    def test_a_snapshot_has_the_tokenizer_of_the_final_model(self, data, asked):
        loaded = load_causal_lm(asked[0], revision=asked[1], device="cpu")
        assert loaded.name == "moe-scratch@step250"
        assert loaded.tokenizer("expert").input_ids == [6]

    @pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
    def test_untrained_is_rebuilt_from_its_seed(self, data, tiny_config, dtype):
        torch.manual_seed(0)
        before = torch.random.get_rng_state()
        loaded = load_causal_lm("moe-scratch", revision="untrained", device="cpu", dtype=dtype)
        assert torch.equal(torch.random.get_rng_state(), before)
        torch.manual_seed(5)
        expected = OlmoeForCausalLM(tiny_config()).to(torch.bfloat16).to(getattr(torch, dtype))
        for name, weight in expected.state_dict().items():
            assert torch.equal(loaded.model.state_dict()[name], weight), name

    def test_untrained_keeps_exact_rotary_frequencies(self, data, token_ids, tmp_path):
        untrained = load_causal_lm("moe-scratch@untrained", device="cpu")
        untrained.model.save_pretrained(tmp_path / "again")
        again = OlmoeForCausalLM.from_pretrained(tmp_path / "again").eval()
        with torch.no_grad():
            assert torch.equal(logits(untrained, token_ids), again(token_ids).logits)

    def test_untrained_cannot_be_spread(self, data):
        load_causal_lm("moe-scratch@untrained", device_map="auto")
        message = refusal("moe-scratch@untrained", device_map={"": "cpu", "lm_head": "disk"})
        assert "leave quantization and a device_map" in message

    def test_unknown_revision_lists_the_known_ones(self, data):
        for asked in ({"name_or_path": "moe-scratch", "revision": "step3"}, {"name_or_path": "moe-scratch@step3"}):
            message = refusal(**asked)
            assert "no revision 'step3'" in message
            assert "step250, untrained" in message
        assert "two revisions" in refusal("moe-scratch@step250", revision="untrained")


class TestBadInput:
    def test_unknown_name(self, data):
        message = refusal("no/such-model")
        assert "'no/such-model' is neither an embedded model (moe-scratch), nor a folder, nor reachable" in message
        assert "neither" in refusal("not a/valid/name")
        assert "model '' is neither" in refusal("")

    def test_revision_of_a_folder(self, folder):
        assert "has no revisions" in refusal(folder, revision="main")

    def test_truncated_weights_are_found_before_anything_is_built(self, folder, monkeypatch):
        weights = folder / "model.safetensors"
        weights.write_bytes(weights.read_bytes()[:-100])
        monkeypatch.setattr(loading, "load_weights", lambda *_: pytest.fail("the model was built"))
        message = refusal(folder)
        assert str(weights) in message
        assert "download it again" in message

    def test_pickle_only(self, folder):
        (folder / "model.safetensors").unlink()
        torch.save({}, folder / "pytorch_model.bin")
        message = refusal(folder)
        assert "pytorch_model.bin" in message
        assert "convert" in message

    def test_without_config(self, folder):
        (folder / "config.json").unlink()
        assert "no config.json" in refusal(folder)

    @pytest.mark.parametrize("text", ["{", '{"model_type": "no_such_architecture"}', "[]", "{}"])
    def test_unreadable_config(self, folder, text):
        (folder / "config.json").write_text(text)
        assert "cannot load model" in refusal(folder)

    def test_remote_code(self, folder):
        config = {"model_type": "own", "auto_map": {"AutoConfig": "own.Config", "AutoModelForCausalLM": "own.Model"}}
        (folder / "config.json").write_text(json.dumps(config))
        (folder / "own.py").write_text("raise SystemExit('code of the checkpoint ran')")
        assert "trust_remote_code=True" in refusal(folder)

    def test_without_tokenizer(self, folder):
        (folder / "tokenizer.json").unlink()
        assert "no tokenizer files" in refusal(folder)

    def test_without_head(self, tmp_path, tiny_config, tiny_tokenizer):
        OlmoeModel(tiny_config(tie_word_embeddings=False)).save_pretrained(tmp_path / "headless")
        tiny_tokenizer.save_pretrained(tmp_path / "headless")
        message = refusal(tmp_path / "headless", device="cpu")
        assert "lacks 1 of the weights" in message
        assert "lm_head.weight" in message

    def test_sizes_that_differ_from_the_config(self, folder):
        config = json.loads((folder / "config.json").read_text()) | {"hidden_size": 32}
        (folder / "config.json").write_text(json.dumps(config))
        message = refusal(folder, device="cpu")
        assert "cannot load model" in message
        assert "is stored as [" in message

    def test_a_model_that_is_no_causal_language_model(self, folder):
        (folder / "config.json").write_text('{"model_type": "vit"}')
        assert "as a causal language model" in refusal(folder, device="cpu")

    def test_too_large(self, saved_model, monkeypatch):
        monkeypatch.setattr(loading, "free_bytes", lambda devices: dict.fromkeys(devices, 1000))
        message = refusal(saved_model, device="cpu")
        for part in ("0.00 GB on cpu", "float32", "quantization=", "device_map='auto'", "smaller model"):
            assert part in message


def test_weights_the_architecture_does_not_use_are_left_out(tmp_path, tiny_tokenizer, token_ids):
    sizes = {"vocab_size": 32, "hidden_size": 16, "intermediate_size": 8, "num_attention_heads": 2}
    LlamaForCausalLM(LlamaConfig(**sizes, num_hidden_layers=2)).save_pretrained(tmp_path)
    tiny_tokenizer.save_pretrained(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text()) | {"num_hidden_layers": 1}
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert len(load_causal_lm(tmp_path, device="cpu").model.model.layers) == 1


def test_loading_is_quiet_and_leaves_the_settings(saved_model, capfd):
    transformers_logging.enable_progress_bar()
    before = transformers_logging.get_verbosity(), logging.getLogger("accelerate").level
    load_causal_lm(saved_model, device="cpu")
    assert capfd.readouterr() == ("", "")
    assert (transformers_logging.get_verbosity(), logging.getLogger("accelerate").level) == before
    assert transformers_logging.is_progress_bar_enabled()


def test_a_folder_name_may_hold_spaces_and_an_at_sign(saved_model, tmp_path, token_ids):
    moved = shutil.copytree(saved_model, tmp_path / "with space @ sign")
    assert logits(load_causal_lm(moved, device="cpu"), token_ids).isfinite().all()
