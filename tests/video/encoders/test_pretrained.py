"""Tiny models with random weights, made on the spot and saved as users' models are."""

import json

import numpy as np
import pytest
import torch
from scipy.signal import resample_poly
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import (
    ASTConfig,
    ASTFeatureExtractor,
    ASTModel,
    BertConfig,
    BertModel,
    ClapConfig,
    ClapFeatureExtractor,
    ClapModel,
    CLIPConfig,
    CLIPImageProcessor,
    CLIPModel,
    PreTrainedTokenizerFast,
    SiglipConfig,
    SiglipImageProcessor,
    SiglipModel,
    ViTConfig,
    ViTImageProcessor,
    ViTModel,
)

from nbutils.models import ModelError
from nbutils.video.encoders import choose_encoders

SMALL = {"hidden_size": 32, "intermediate_size": 37, "num_hidden_layers": 2, "num_attention_heads": 4}
SMALL_TEXT = SMALL | {"vocab_size": 40, "max_position_embeddings": 16}
SMALL_VISION = SMALL | {"image_size": 32, "patch_size": 8}
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "cat", "sat", "on", "mat", "a", "dog"]


@pytest.fixture
def save(tmp_path):
    def saved(model, *parts):
        torch.manual_seed(0)
        for parameter in model.parameters():
            torch.nn.init.normal_(parameter, std=0.3)
        for part in (model, *parts):
            part.save_pretrained(tmp_path / "model")
        return str(tmp_path / "model")

    return saved


def pictures(count=5):
    return np.random.default_rng(0).integers(0, 256, (count, 1, 32, 57, 3), np.uint8)


def sound(count=3):
    return 0.1 * np.random.default_rng(0).standard_normal((count, 10, 16_000)).astype(np.float32)


def word_tokenizer():
    words = Tokenizer(models.WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    return PreTrainedTokenizerFast(tokenizer_object=words, pad_token="[PAD]", unk_token="[UNK]", eos_token="[SEP]")


def clip():
    model = CLIPModel(CLIPConfig(text_config=SMALL_TEXT, vision_config=SMALL_VISION, projection_dim=24))
    return model, CLIPImageProcessor(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})


def siglip():
    model = SiglipModel(SiglipConfig(text_config=SMALL_TEXT, vision_config=SMALL_VISION))
    return model, SiglipImageProcessor(size={"height": 32, "width": 32})


def vit():
    return ViTModel(ViTConfig(**SMALL_VISION)), ViTImageProcessor(size={"height": 32, "width": 32})


def clap():
    audio = {"patch_embeds_hidden_size": 16, "depths": [1] * 4, "num_attention_heads": [2] * 4, "hidden_size": 128}
    text = SMALL | {"vocab_size": 40, "num_hidden_layers": 1}
    model = ClapModel(ClapConfig(text_config=text, audio_config=audio, projection_dim=24))
    return model, ClapFeatureExtractor(truncation="rand_trunc")


def ast():
    model = ASTModel(ASTConfig(**SMALL, max_length=128, num_mel_bins=32))
    return model, ASTFeatureExtractor(max_length=128, num_mel_bins=32)


@pytest.mark.parametrize(("make", "width"), [(clip, 24), (siglip, 32), (vit, 32)])
def test_pictures(save, make, width):
    model, processor = make()
    encoder = choose_encoders(visual=save(model, processor), device="cpu").visual

    rows = encoder.encode(pictures())

    assert (encoder.width, encoder.shorter_side) == (width, 32)
    assert rows.shape == (5, width)
    assert rows.dtype == np.float32
    with torch.no_grad():
        inputs = processor(images=list(pictures()[:, 0]), return_tensors="pt")
        if make is vit:
            expected = model.eval()(**inputs).last_hidden_state.mean(dim=1)
        else:
            expected = model.eval().get_image_features(**inputs).pooler_output
    np.testing.assert_allclose(rows, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("make", "width"), [(clap, 24), (ast, 32)])
def test_sound(save, make, width):
    model, extractor = make()
    encoder = choose_encoders(audio=save(model, extractor), device="cpu").audio

    rows = encoder.encode(sound())

    assert (encoder.width, encoder.before + 1 + encoder.after) == (width, 10)
    assert rows.shape == (3, width)
    assert np.abs(rows[0] - rows[1]).max() > 1e-4
    flat = sound().reshape(3, -1)
    heard = flat if make is ast else resample_poly(flat, 3, 1, axis=1)
    inputs = extractor(list(heard), sampling_rate=extractor.sampling_rate, return_tensors="pt")
    with torch.no_grad():
        if make is ast:
            expected = model.eval()(**inputs).last_hidden_state.mean(dim=1)
        else:
            expected = model.eval().get_audio_features(**inputs).pooler_output
    np.testing.assert_allclose(rows, expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("first", [True, False])
def test_sentences(save, tmp_path, first):
    model = BertModel(BertConfig(**SMALL_TEXT))
    folder = save(model, word_tokenizer())
    (tmp_path / "model" / "1_Pooling").mkdir()
    (tmp_path / "model" / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode_cls_token": first}))
    encoder = choose_encoders(text=folder, device="cpu").text

    rows = encoder.encode(["the cat sat", "the cat sat on the mat", "dog " * 99])

    assert rows.shape == (3, 32)
    assert encoder.name.endswith("first token" if first else "mean")
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    with torch.no_grad():
        hidden = model.eval()(torch.tensor([[4, 5, 6]])).last_hidden_state[0]
    expected = hidden[0] if first else hidden.mean(dim=0)
    np.testing.assert_allclose(rows[0], expected / expected.norm(), atol=1e-4)


def test_many_texts_and_the_text_side_of_clip(save):
    encoder = choose_encoders(text=save(clip()[0], word_tokenizer()), device="cpu").text
    texts = ["a cat", "the dog sat", "mat"] * 30

    rows = encoder.encode(texts)

    assert rows.shape == (90, 24)
    np.testing.assert_allclose(rows[:3], rows[-3:], atol=1e-5)


def test_siglip_gets_texts_of_one_length(save):
    model, tokenizer = siglip()[0], word_tokenizer()
    encoder = choose_encoders(text=save(model, tokenizer), device="cpu").text

    rows = encoder.encode(["the cat sat", "a dog"])

    ids = torch.tensor([[4, 5, 6, *[0] * 13], [9, 10, *[0] * 14]])
    with torch.no_grad():
        expected = torch.nn.functional.normalize(model.eval().get_text_features(ids).pooler_output)
    np.testing.assert_allclose(rows, expected, atol=1e-4)


def test_the_name_follows_the_weights_and_the_precision(save):
    folder = save(*vit())
    first = choose_encoders(visual=folder, device="cpu").visual.name
    half = choose_encoders(visual=folder, device="cpu", dtype="bfloat16").visual
    model, processor = vit()
    torch.manual_seed(1)
    for part in (model, processor):
        part.save_pretrained(folder)

    assert first.startswith("model float32 sha256:")
    assert half.name.startswith("model bfloat16 sha256:")
    assert half.encode(pictures()).dtype == np.float32
    assert choose_encoders(visual=folder, device="cpu").visual.name != first


@pytest.mark.parametrize(
    ("modality", "make", "message"),
    [
        ("visual", lambda: (BertModel(BertConfig(**SMALL_TEXT)), word_tokenizer()), "cannot encode pictures"),
        ("audio", vit, "cannot encode sound"),
        ("text", vit, "cannot encode text"),
    ],
)
def test_models_of_another_kind(save, modality, make, message):
    with pytest.raises(ModelError, match=message):
        choose_encoders(**{modality: save(*make())}, device="cpu")


def test_pickled_weights_are_refused(tmp_path, save):
    folder = save(*vit())
    (tmp_path / "model" / "model.safetensors").rename(tmp_path / "model" / "pytorch_model.bin")

    with pytest.raises(ModelError, match="pickle"):
        choose_encoders(visual=folder)


def test_weights_that_are_missing(save, tmp_path):
    from safetensors.torch import load_file, save_file

    folder, file = save(*vit()), tmp_path / "model" / "model.safetensors"
    weights = load_file(file)
    weights.pop(next(name for name in weights if "attention" in name))
    save_file(weights, file, metadata={"format": "pt"})

    with pytest.raises(ModelError, match="lacks 1 of its weights"):
        choose_encoders(visual=folder)
