import pytest

from nbutils.models.paths import decoder_layer, is_attention_or_norm, sees_text


@pytest.mark.parametrize(
    ("path", "layer"),
    [
        ("model.layers.12.mlp", 12),
        ("layers.3", 3),
        ("transformer.h.0.mlp", 0),
        ("model.layers.2.mlps.1", 2),
        ("fc1.layers.4.mlp", 4),
        ("mlp", 0),
    ],
)
def test_the_layer_is_the_first_number(path, layer):
    assert decoder_layer(path) == layer


def test_modules_that_text_does_not_pass():
    assert sees_text("model.language_model.layers.0.mlp.text_moe")
    assert not sees_text("model.vision_tower.layers.0.mlp")
    assert not sees_text("layers.1.mlp.vision_moe")


def test_modules_inside_an_attention_or_a_norm():
    assert is_attention_or_norm("model.layers.0.self_attn.indexer")
    assert is_attention_or_norm("model.layers.0.self_attention.experts")
    assert is_attention_or_norm("model.layers.0.input_layernorm.mlp")
    assert not is_attention_or_norm("model.layers.0.mlp")
