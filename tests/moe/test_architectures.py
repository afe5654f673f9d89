"""Every MoE architecture of the installed transformers, tiny and random, against a plain loop over its experts."""

import dataclasses
import importlib
import inspect
import re
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from transformers import AutoModelForCausalLM, PreTrainedModel

from nbutils.corpora import Batch
from nbutils.models import LoadedModel, ModelError, moe_layers, stored_moe_layers
from nbutils.moe import probe

EXPERTS = 6
MODELS = Path(transformers.__file__).parent / "models"
# Any architecture takes those of these settings that its config has.
SIZES = {
    **dict.fromkeys(["hidden_size", "d_model"], 32),
    **dict.fromkeys(["num_hidden_layers", "num_layers", "n_layers", "num_decoder_layers"], 2),
    **dict.fromkeys(["encoder_layers", "decoder_layers"], 2),
    **dict.fromkeys(["num_attention_heads", "num_heads", "n_heads", "num_key_value_heads"], 4),
    **dict.fromkeys(["encoder_attention_heads", "decoder_attention_heads"], 4),
    **dict.fromkeys(["head_dim", "global_head_dim", "kv_channels", "d_kv", "v_head_dim", "linear_head_dim"], 8),
    **dict.fromkeys(["qk_nope_head_dim", "qk_rope_head_dim", "linear_key_head_dim", "linear_value_head_dim"], 8),
    **dict.fromkeys(["q_lora_rank", "kv_lora_rank", "o_lora_rank", "moe_hidden_size"], 16),
    **dict.fromkeys(["intermediate_size", "intermediate_size_mlp", "d_ff", "ffn_hidden_size"], 24),
    **dict.fromkeys(["encoder_ffn_dim", "decoder_ffn_dim"], 24),
    **dict.fromkeys(["moe_intermediate_size", "expert_ffn_hidden_size", "shared_intermediate_size"], 24),
    **dict.fromkeys(["shared_expert_intermediate_size", "moe_shared_expert_intermediate_size"], 24),
    **dict.fromkeys(["share_expert_dim", "router_hidden_size"], 24),
    **dict.fromkeys(["num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts"], EXPERTS),
    **dict.fromkeys(["num_experts_per_tok", "num_experts_per_token", "moe_topk", "moe_top_k", "moe_k"], 2),
    **dict.fromkeys(["top_k_experts", "num_selected_experts", "zero_expert_num"], 2),
    **dict.fromkeys(["n_group", "topk_group", "first_k_dense_replace", "num_dense_layers", "n_shared_experts"], 1),
    **dict.fromkeys(["linear_num_key_heads", "linear_num_value_heads", "index_n_heads"], 2),
    **dict.fromkeys(["index_head_dim", "index_topk", "linear_conv_kernel_dim"], 8),
    "linear_num_heads": 4,
    **dict.fromkeys(["mamba_n_heads", "mamba_num_heads"], 4),
    **dict.fromkeys(["mamba_d_head", "mamba_head_dim"], 16),
    **dict.fromkeys(["mamba_d_state", "ssm_state_size", "mamba_chunk_size", "chunk_size"], 8),
    "n_groups": 1,
    "hidden_size_per_layer_input": 8,
    **dict.fromkeys(["vocab_size", "vocab_size_per_layer_input"], 64),
    "max_position_embeddings": 64,
    **dict.fromkeys(["pad_token_id", "bos_token_id", "eos_token_id"], 0),
}
DENSE_THEN_SPARSE = {"mlp_layer_types": ["dense", "sparse"]}
OWN_SETTINGS = {
    "beam": DENSE_THEN_SPARSE,
    "dbrx": {
        "attn_config": {"kv_n_heads": 2, "rope_theta": 1e4, "clip_qkv": 8.0},
        "ffn_config": {"ffn_hidden_size": 24, "moe_num_experts": EXPERTS, "moe_top_k": 2},
    },
    "deepseek_ocr2": DENSE_THEN_SPARSE,
    "ernie4_5_vl_moe": {
        "moe_intermediate_size": [24, 24],
        "rope_parameters": {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [1, 1, 2]},
    },
    "flint": {"mlp_only_layers": [0]},
    "gemma4": {"enable_moe_block": True},
    "glm4v_moe": {"rope_parameters": {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [1, 1, 0]}},
    "glm5_next": DENSE_THEN_SPARSE | {"index_kpool": 4, "qk_rope_head_dim": 0},
    "lfm2_moe": {"layer_types": ["conv", "full_attention"]},
    "mimo_v2_flash": {"num_key_value_heads": 2},
    "nllb_moe": {"encoder_sparse_step": 1, "decoder_sparse_step": 1},
    "step3p7": DENSE_THEN_SPARSE | {"layer_types": ["full_attention"] * 2, "sliding_window": 8},
    "switch_transformers": {"num_sparse_encoder_layers": 2, "num_sparse_decoder_layers": 2},
    "vitpose_backbone": {"num_experts": EXPERTS, "part_features": 8},
    "zaya": {"num_experts_per_tok": 1},
}
# Why `observed` refuses them, or why their experts cannot be read at all.
OFF_THE_INTERFACE = "is not on transformers' experts interface"
NOT_OBSERVED = {
    "dbrx": f"DbrxExperts {OFF_THE_INTERFACE}",
    "jetmoe": f"JetMoeMoE {OFF_THE_INTERFACE}",
    "llama4": "hidden states times the router's score",
    "longcat_flash": f"LongcatFlashExperts {OFF_THE_INTERFACE}",
    "step3p7": f"Step3p7Experts {OFF_THE_INTERFACE}",
    "zaya": f"its router scores {EXPERTS + 1} experts and {EXPERTS} have weights",
}
NOT_READ = {
    "nllb_moe": "NllbMoeExperts, which cannot be read one by one",
    "switch_transformers": "SwitchTransformersExperts, which cannot be read one by one",
    "vitpose_backbone": "VitPoseNaiveMoe, which cannot be read one by one",
}

# Routers that norm and scale their input, or scale their scores, beside the matrix.
NOT_ALONE = ("diffusion_gemma", "gemma4", "muse_spark")


def architectures():
    """Folders of transformers whose modelling code holds experts."""
    for file in sorted(MODELS.glob("*/modeling_*.py")):
        if re.search(r"self\.experts\s*=|use_experts_implementation", file.read_text()):
            yield file.parent.name


def model_class(name):
    """The model for causal language modelling, or the plainest one that holds text layers."""
    (file,) = MODELS.glob(f"{name}/modeling_*.py")
    module = importlib.import_module(f"transformers.models.{name}.{file.stem}")
    classes = [
        found
        for _, found in inspect.getmembers(module, inspect.isclass)
        if issubclass(found, PreTrainedModel) and found.__module__ == module.__name__ and found.config_class
    ]
    for ending in ("ForCausalLM", "TextModel", "(?<!PreTrained)Model", "Backbone"):
        if named := [found for found in classes if re.search(f"{ending}$", found.__name__)]:
            return named[0]
    raise AssertionError(f"{name} has no model that this test knows how to build")


def build(name):
    found = model_class(name)
    fields = {field.name for field in dataclasses.fields(found.config_class)}
    settings = {key: value for key, value in SIZES.items() if key in fields} | OWN_SETTINGS.get(name, {})
    with torch.device("meta"):
        weights = sum(weight.numel() for weight in found(found.config_class(**settings)).parameters())
    assert weights < 3e6, f"{name} has sizes that this test does not know: {found.config_class(**settings)}"
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = found(found.config_class(**settings)).eval().requires_grad_(False)
    for part, weight in [*model.named_parameters(), *model.named_buffers()]:
        if weight.ndim > 1 and weight.is_floating_point():
            torch.nn.init.normal_(weight, std=0.2)
        if part.endswith("tid2eid"):  # deepseek_v4's table of experts by token
            weight.random_(EXPERTS)
    for layer in moe_layers(model):
        for weight in layer.experts.parameters():  # biases start at zero
            torch.nn.init.normal_(weight, std=0.2)
    return LoadedModel(name, model, None)


def padded_batches():
    generator = torch.Generator().manual_seed(1)
    for first in (0, 3):
        mask = (torch.arange(9) < torch.tensor([[9], [6], [4]])).long()
        ids = torch.randint(1, 60, mask.shape, generator=generator) * mask
        yield Batch(ids, mask, torch.arange(first, first + 3), ("test",) * 3)


def routed_by_hand(loaded, batch):
    """From hooks on the modules: what the experts receive and what the router returns, padding taken out."""
    calls = {}
    hooks = []
    for layer in moe_layers(loaded):
        keep = calls.setdefault(layer.index, {})
        hooks.append(layer.experts.register_forward_pre_hook(lambda module, args, keep=keep: keep.update(args=args)))
        hooks.append(
            layer.router.register_forward_hook(lambda module, args, out, keep=keep: keep.update(logits=out[0]))
        )
    loaded.model(input_ids=batch.input_ids, attention_mask=batch.attention_mask, use_cache=False)
    for hook in hooks:
        hook.remove()
    valid = batch.attention_mask.flatten().bool()
    return {
        index: [tensor.reshape(len(valid), -1)[valid] for tensor in (*call["args"], call["logits"])]
        for index, call in calls.items()
    }


def norms_by_hand(experts, states):
    """Norm [T, E] of each expert's output, from the class's own forward with one expert chosen at weight one."""
    own, ones = type(experts).forward.__wrapped__, torch.ones(len(states), 1)
    outputs = [own(experts, states, torch.full((len(states), 1), expert), ones) for expert in range(EXPERTS)]
    return torch.stack(outputs, dim=1).double().norm(dim=-1).numpy()


def rank(values):
    """Place of each value among them, 0 the largest."""
    order = sorted(range(len(values)), key=lambda i: -values[i])
    return [order.index(i) for i in range(len(values))]


def summed_by_hand(loaded, layer, batches):
    moments, counts = np.zeros((6, EXPERTS, 6)), np.zeros((EXPERTS, EXPERTS))
    chosen, chosen_norm = np.zeros(EXPERTS), np.zeros(EXPERTS)
    for batch in batches:
        states, top_k_index, _, logits = routed_by_hand(loaded, batch)[layer.index]
        passages = batch.sequence.repeat_interleave(9)[batch.attention_mask.flatten().bool()]
        norms = norms_by_hand(layer.experts, states)
        # gemma's router returns probabilities in the place of logits.
        scores = logits.double() if "gemma" in loaded.name else logits.double().softmax(-1)
        for t, (score, norm) in enumerate(zip(scores.numpy(), norms, strict=True)):
            for e in range(EXPERTS):
                moments[passages[t], e] += [1, score[e], norm[e], score[e] ** 2, norm[e] ** 2, score[e] * norm[e]]
            for pair in zip(rank(score), rank(norm), strict=True):
                counts[pair] += 1
            for e in set(top_k_index[t].tolist()):
                chosen[e] += 1
                chosen_norm[e] += norm[e]
    return moments, counts, chosen, chosen_norm


def test_the_architectures_are_found():
    names = list(architectures())

    assert {"mixtral", "gpt_oss", "deepseek_v4", "zaya", "vitpose_backbone"} <= set(names)
    assert {*OWN_SETTINGS, *NOT_OBSERVED, *NOT_READ} <= set(names)


@pytest.mark.parametrize("name", [name for name in architectures() if name not in NOT_READ | NOT_OBSERVED])
def test_the_probe_measures_what_a_plain_loop_does(name):
    loaded = build(name)
    layers = moe_layers(loaded)
    batches = list(padded_batches())

    result = probe(loaded, batches)

    assert result.layers == [layer.index for layer in layers]
    assert not any(layer.hindrance for layer in layers)
    for i, layer in enumerate(layers):
        moments, counts, chosen, chosen_norm = summed_by_hand(loaded, layer, batches)
        np.testing.assert_allclose(result.moments[:, i], moments, rtol=1e-4)
        if not layer.experts.has_post_expert_norm:  # which gives all outputs one norm, and ranks to rounding
            np.testing.assert_array_equal(result.rank_counts[i], counts)
        np.testing.assert_array_equal(result.chosen[i], chosen)
        np.testing.assert_allclose(result.chosen_norm[i], chosen_norm, rtol=1e-4)


@pytest.mark.parametrize("name", [name for name in architectures() if name not in NOT_READ | NOT_OBSERVED])
def test_an_expert_is_computed_from_its_view(name):
    for layer in moe_layers(build(name)):
        experts = layer.experts
        if experts.has_bias or experts.has_post_expert_norm:
            continue
        states = torch.randn(4, layer.hidden_size) / 10  # too small for the clamps of some architectures
        for expert in range(EXPERTS):
            gate, up, down = layer.gate(expert), layer.up(expert), layer.down(expert)
            pair = states @ (up if gate is None else torch.cat([gate, up])).T
            neurons = experts.act_fn(pair) if gate is None else experts._apply_gate(pair)
            own = type(experts).forward.__wrapped__(experts, states, torch.full((4, 1), expert), torch.ones(4, 1))
            torch.testing.assert_close(neurons @ down.T, own, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", [name for name in architectures() if name not in {*NOT_READ, *NOT_ALONE}])
def test_router_weights_score_as_the_router_does(name):
    loaded, batch = build(name), next(padded_batches())
    layers, seen = moe_layers(loaded), {}
    for layer in layers:
        layer.router.register_forward_hook(lambda *call, index=layer.index: seen.update({index: call}))
    loaded.model(input_ids=batch.input_ids, attention_mask=batch.attention_mask, use_cache=False)
    for layer in layers:
        weight, (_, (states, *_), outputs) = layer.router_weight(), seen[layer.index]
        if weight is None:
            assert name in ("zaya", "deepseek_v4")
            continue
        scores = states.reshape(-1, weight.shape[1]) @ weight.T + (
            0 if getattr(layer.router, "bias", None) is None else layer.router.bias
        )
        outputs = outputs if isinstance(outputs, tuple) else (outputs,)
        assert any(
            torch.allclose(scores, output.reshape(len(scores), -1)[:, :EXPERTS], rtol=1e-4, atol=1e-5)
            for output in outputs
            if isinstance(output, torch.Tensor) and output.numel() >= scores.numel()
        )


@pytest.mark.parametrize("name", NOT_OBSERVED)
def test_the_probe_says_what_hinders_it(name):
    loaded = build(name)

    assert all(NOT_OBSERVED[name] in layer.hindrance for layer in moe_layers(loaded))
    with pytest.raises(ModelError, match=f"cannot be observed, though its weights can be read: .*{NOT_OBSERVED[name]}"):
        probe(loaded, padded_batches())


@pytest.mark.parametrize("name", NOT_READ)
def test_experts_that_are_modules_of_their_own_are_refused(name):
    with pytest.raises(ModelError, match=NOT_READ[name]):
        build(name)


@pytest.mark.parametrize("name", [name for name in architectures() if name not in NOT_READ])
def test_a_checkpoint_is_read_as_its_model_holds_it(name, tmp_path):
    model = build(name).model.to(torch.bfloat16)
    if type(model.config) not in AutoModelForCausalLM._model_mapping:
        return  # the text part of a model for several modalities, which has no checkpoints of its own
    model.save_pretrained(tmp_path, max_shard_size="60KB")
    for ours, theirs in zip(stored_moe_layers(tmp_path), moe_layers(model), strict=True):
        for expert in range(EXPERTS):
            for read, held in zip(matrices(ours, expert), matrices(theirs, expert), strict=True):
                assert torch.equal(read, held)


def matrices(layer, expert):
    return [part for part in (layer.gate(expert), layer.up(expert), layer.down(expert)) if part is not None]
