import huggingface_hub
import pytest
import torch

from nbutils.models import (
    ModelError,
    dense_layers,
    load_causal_lm,
    moe_layers,
    stored_dense_layers,
    stored_moe_layers,
    stored_parameters,
)
from nbutils.models.checkpoint import INDEX
from tests.models.architectures import ARCHITECTURES, OUTSIDE, build

NAMES = ("gate", "up", "down")


def saved(folder, tokenizer, model_type, dtype=torch.bfloat16, shard="50GB", **settings):
    """A checkpoint whose biases, which start at zero, are random too."""
    model = build(model_type, **settings)
    for weight in model.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    model.to(dtype).save_pretrained(folder, max_shard_size=shard)
    tokenizer.save_pretrained(folder)
    return folder


def assert_same(stored, loaded):
    """All matrices of two views of a layer or MLP are the same bit for bit."""
    experts = [(expert,) for expert in range(loaded.num_experts)] if hasattr(loaded, "num_experts") else [()]
    for name in NAMES:
        for expert in experts:
            ours, theirs = getattr(stored, name)(*expert), getattr(loaded, name)(*expert)
            assert (ours is None) == (theirs is None)
            if ours is not None:
                assert ours.dtype == theirs.dtype
                assert torch.equal(ours, theirs)


@pytest.mark.parametrize("shard", ["50GB", "20KB"])
@pytest.mark.parametrize("model_type", [*ARCHITECTURES, *OUTSIDE])
def test_weights_are_those_of_the_loaded_model(tmp_path, tiny_tokenizer, model_type, shard):
    settings = (ARCHITECTURES | OUTSIDE)[model_type][0]
    folder = saved(tmp_path / "model", tiny_tokenizer, model_type, shard=shard, **settings)
    assert (folder / INDEX).exists() == (shard == "20KB")
    stored, loaded = stored_moe_layers(folder), moe_layers(load_causal_lm(folder, device="cpu", dtype="bfloat16"))
    for ours, theirs in zip(stored, loaded, strict=True):
        assert (ours.index, ours.name, ours.top_k) == (theirs.index, theirs.name, theirs.top_k)
        assert_same(ours, theirs)
        assert torch.equal(ours.router_weight(), theirs.router_weight())
        shared = theirs.shared_feed_forward()
        assert (ours.shared_feed_forward() is None) == (shared is None)
        if shared is not None:
            assert_same(ours.shared_feed_forward(), shared)


@pytest.mark.parametrize(("model_type", "dtype"), [("mistral", "float32"), ("phi3", "bfloat16"), ("gpt2", "float16")])
def test_dense_weights_are_those_of_the_loaded_model(tmp_path, tiny_tokenizer, model_type, dtype):
    folder = saved(tmp_path / "model", tiny_tokenizer, model_type, getattr(torch, dtype))
    stored, loaded = stored_dense_layers(folder), dense_layers(load_causal_lm(folder, device="cpu", dtype=dtype))
    for ours, theirs in zip(stored, loaded, strict=True):
        assert_same(ours, theirs)


def test_dense_layers_before_moe_layers(tmp_path, tiny_tokenizer):
    folder = saved(tmp_path / "model", tiny_tokenizer, "deepseek_v3", **ARCHITECTURES["deepseek_v3"][0])
    assert [layer.index for layer in stored_dense_layers(folder)] == [0]
    assert [layer.index for layer in stored_moe_layers(folder)] == [1, 2]


@pytest.mark.parametrize("name", ["moe-scratch", "moe-scratch@step250", "moe-scratch@untrained"])
def test_embedded_models_and_their_revisions(data, name):
    stored, loaded = stored_moe_layers(name), moe_layers(load_causal_lm(name, device="cpu", dtype="bfloat16"))
    for ours, theirs in zip(stored, loaded, strict=True):
        assert_same(ours, theirs)


def test_a_model_of_the_hub_is_fetched_first(monkeypatch, saved_model):
    asked = []

    def snapshot(name, **options):
        asked.append((name, options["revision"]))
        return str(saved_model)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    for ours, theirs in zip(
        stored_moe_layers("some/model", revision="v2"), stored_moe_layers(saved_model), strict=True
    ):
        assert_same(ours, theirs)
    assert set(asked) == {("some/model", "v2")}


def test_the_view_needs_no_tokenizer(folder):
    for file in folder.glob("token*"):
        file.unlink()
    assert len(stored_moe_layers(folder)) == 2


def test_nothing_is_allocated_for_the_layers_themselves(saved_model):
    for layer in stored_moe_layers(saved_model):
        assert {weight.device.type for weight in layer.block.parameters()} == {"meta"}
        assert "load_causal_lm" in layer.hindrance


@pytest.fixture
def touched(monkeypatch):
    """Names and indices of the tensors that are read from files."""
    names = []

    class Recorded:
        def __init__(self, part, name):
            self.part, self.name = part, name

        def __getitem__(self, index):
            names.append((self.name, index))
            return self.part[index]

    class Watched:
        def __init__(self, *args, **options):
            self.file = real(*args, **options)

        def __enter__(self):
            self.open = self.file.__enter__()
            return self

        def __exit__(self, *error):
            return self.file.__exit__(*error)

        def get_slice(self, name):
            return Recorded(self.open.get_slice(name), name)

    real = stored_parameters.safe_open
    monkeypatch.setattr(stored_parameters, "safe_open", Watched)
    return names


def test_one_expert_takes_its_own_tensors_alone(saved_model, touched):
    layer = stored_moe_layers(saved_model)[1]
    assert touched == []
    layer.down(2)
    assert [name for name, _ in touched] == ["model.layers.1.mlp.experts.2.down_proj.weight"]
    touched.clear()
    layer.up(3)
    assert {name for name, _ in touched} == {
        f"model.layers.1.mlp.experts.3.{part}_proj.weight" for part in ("gate", "up")
    }


@pytest.mark.parametrize("model_type", ["gpt_oss", "granitemoe", "llama4_text"])
def test_one_expert_is_one_slice_of_stacked_experts(tmp_path, tiny_tokenizer, touched, model_type):
    settings = (ARCHITECTURES | OUTSIDE)[model_type][0]
    layer = stored_moe_layers(saved(tmp_path / "model", tiny_tokenizer, model_type, **settings))[1]
    layer.down(2)
    ((name, index),) = touched
    assert "down_proj" in name or "output_linear" in name
    assert index in (2, slice(2, 3))


def test_one_flat_expert_is_its_rows(tmp_path, tiny_tokenizer, touched):
    layer = stored_moe_layers(saved(tmp_path / "model", tiny_tokenizer, "dbrx", **OUTSIDE["dbrx"][0]))[1]
    layer.down(2)
    assert touched == [("transformer.blocks.1.ffn.experts.mlp.w2", slice(48, 72))]


def test_a_converter_that_needs_all_experts_gives_one_that_keeps_no_others(saved_model, monkeypatch):
    monkeypatch.setattr("nbutils.models.conversion.Recipe.one_expert", lambda *args: None)
    ours = stored_moe_layers(saved_model)[1]
    theirs = moe_layers(load_causal_lm(saved_model, device="cpu", dtype="bfloat16"))[1]
    assert_same(ours, theirs)
    assert ours.down(2).untyped_storage().nbytes() == 2 * 16 * 12


def test_a_dense_model_has_no_moe_layer_and_the_other_way_round(tmp_path, tiny_tokenizer, saved_model):
    folder = saved(tmp_path / "model", tiny_tokenizer, "mistral")
    with pytest.raises(ModelError, match=f"model '{folder}' has no MoE layer; found dense MLPs at"):
        stored_moe_layers(folder)
    with pytest.raises(ModelError, match=f"model '{saved_model}' has no dense MLP"):
        stored_dense_layers(saved_model)
