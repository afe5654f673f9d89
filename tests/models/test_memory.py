import pytest
import torch

from nbutils.models import ModelError, load_causal_lm
from nbutils.models.checkpoint import WEIGHTS, TensorHeader, read_headers
from nbutils.models.memory import free_bytes, require_room, weight_bytes


def test_stored_precision_is_the_size_of_the_file(saved_model):
    size = (saved_model / WEIGHTS).stat().st_size
    header_size = 8 + int.from_bytes((saved_model / WEIGHTS).read_bytes()[:8], "little")
    assert weight_bytes(read_headers(saved_model)) == size - header_size


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_estimate_is_what_the_loaded_model_holds(saved_model, dtype):
    model = load_causal_lm(saved_model, device="cpu", dtype=dtype).model
    held = sum(weight.numel() * weight.element_size() for weight in model.parameters())
    assert weight_bytes(read_headers(saved_model), dtype) == held
    assert {weight.dtype for weight in model.parameters()} == {getattr(torch, dtype)}


def test_quantization_counts_linear_weights_alone():
    linear = TensorHeader("model.layers.0.self_attn.q_proj.weight", "BF16", (8, 8))
    kept = [
        TensorHeader("model.embed_tokens.weight", "BF16", (8, 8)),
        TensorHeader("lm_head.weight", "BF16", (8, 8)),
        TensorHeader("model.layers.0.mlp.experts.0.w1.weight", "BF16", (8, 8)),
        TensorHeader("model.layers.0.mlp.gate.weight", "BF16", (8, 8)),
        TensorHeader("model.norm.weight", "BF16", (64,)),
    ]
    assert weight_bytes([linear], "auto", "4bit") == 32
    assert weight_bytes([linear], "auto", "8bit") == 64
    assert weight_bytes(kept, "auto", "4bit") == 5 * 128


def test_integers_and_small_floats_stay_as_stored():
    stored = [TensorHeader("a", "U8", (4,)), TensorHeader("b", "F8_E4M3", (4,)), TensorHeader("c", "I64", (4,))]
    assert weight_bytes(stored, "float64") == 4 + 4 + 32


def test_room_is_the_sum_over_devices():
    require_room("m", 30, "float32", {"cuda:0": 10, "cpu": 20})
    with pytest.raises(ModelError, match=r"'m' needs 31.00 GB .* 10.00 GB on cuda:0 \+ 20.00 GB on cpu are free"):
        require_room("m", 31 * 10**9, "float32", {"cuda:0": 10 * 10**9, "cpu": 20 * 10**9})


def test_free_bytes_of_this_machine():
    free = free_bytes(["cpu", "disk"])
    assert list(free) == ["cpu", "disk"]
    assert all(count > 0 for count in free.values())
