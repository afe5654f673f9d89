import shutil

import pytest
from transformers import OlmoeConfig, OlmoeForCausalLM

from nbutils.corpora import TextError
from nbutils.models import ModelError
from nbutils.moe.routing import captions, figures, measure_routing
from tests.moe.conftest import SIZES


@pytest.fixture
def folder(tmp_path, loaded):
    for name in ("olmoe", "gpt_oss", "deepseek"):
        subject = loaded(name)
        subject.model.save_pretrained(tmp_path / name)
        subject.tokenizer.save_pretrained(tmp_path / name)
    subject = loaded()
    for layer in subject.model.model.layers:
        layer.mlp.gate.weight.mul_(-1)
    subject.model.save_pretrained(tmp_path / "early")
    subject.tokenizer.save_pretrained(tmp_path / "early")
    shutil.copytree(tmp_path / "olmoe", tmp_path / "copy")
    (tmp_path / "own.txt").write_text("\n\n".join(f"Words of passage {i}. " * 40 for i in range(6)))
    return tmp_path


def measured(folder, *names, checkpoints=(), **options):
    names = [str(folder / name) if name else "" for name in names]
    options = {"text": str(folder / "own.txt"), "max_tokens": 2000, "window": 50, "resamples": 100} | options
    return measure_routing(names, checkpoints=",".join(str(folder / name) for name in checkpoints), **options)


def test_models_are_recorded_and_checkpoints_set_against_the_first(folder):
    tables = measured(folder, "olmoe", "", "gpt_oss", checkpoints=["early", "copy"], layers="1-2")

    first, second = tables.routings.values()
    assert first.layers == second.layers == [1, 2]
    assert set(tables.tokens["model"]) == set(tables.routings)
    means = tables.saturation[tables.saturation["layer"] == -1].set_index("checkpoint")["value"]
    assert means[str(folder / "copy")] == 1
    assert means[str(folder / "early")] < 0.5


def test_without_checkpoints_there_is_nothing_to_show(folder):
    tables = measured(folder, "olmoe")

    assert tables.saturation.empty
    assert figures.saturation(tables.saturation).texts[0].get_text() == "not measured"
    assert captions.saturation(tables.saturation) == "Not measured."


def test_bad_input_is_named(folder):
    with pytest.raises(ModelError, match="nowhere"):
        measured(folder, "olmoe", checkpoints=["./nowhere"])
    with pytest.raises(ValueError, match="layer 7 is out of range"):
        measured(folder, "olmoe", layers="7")
    with pytest.raises(ValueError, match="checkpoints name the model itself"):
        measured(folder, "olmoe", checkpoints=["olmoe"])
    single = OlmoeConfig(**SIZES, num_experts=1, num_experts_per_tok=1)
    OlmoeForCausalLM(single).save_pretrained(folder / "single")
    shutil.copy(folder / "olmoe" / "tokenizer.json", folder / "single")
    shutil.copy(folder / "olmoe" / "tokenizer_config.json", folder / "single")
    with pytest.raises(ModelError, match="one expert a layer, which leaves its router nothing to choose"):
        measured(folder, "single")
    with pytest.raises(ValueError, match="2 of 8 and 2 of 6 experts"):
        measured(folder, "olmoe", checkpoints=["deepseek"], layers="1-2")
    (folder / "short.txt").write_text("One line.")
    with pytest.raises(TextError, match="a single passage"):
        measured(folder, "olmoe", text=str(folder / "short.txt"))
