import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from nbutils.video.errors import VideoError
from nbutils.video.model.checkpoint import load_checkpoint, save_checkpoint
from nbutils.video.model.config import scorer_config
from nbutils.video.model.network import ClipScorer

TINY = {"visual": 3, "audio": 2, "text": 4, "input_hidden": 4, "hidden_size": 8, "intermediate_size": 8}


@pytest.fixture
def folder(tmp_path):
    torch.manual_seed(0)
    save_checkpoint(ClipScorer(scorer_config("small", **TINY)), tmp_path / "scorer")
    return tmp_path / "scorer"


def test_a_checkpoint_comes_back_as_it_was(folder):
    torch.manual_seed(0)
    expected = ClipScorer(scorer_config("small", **TINY))
    loaded = load_checkpoint(folder)
    assert loaded.config == expected.config
    assert not loaded.training
    for name, tensor in expected.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor)
    assert sorted(file.name for file in folder.iterdir()) == ["config.json", "model.safetensors"]


def change_config(folder, change):
    values = json.loads((folder / "config.json").read_text())
    change(values)
    (folder / "config.json").write_text(json.dumps(values))


def change_weights(folder, change):
    weights = load_file(folder / "model.safetensors")
    change(weights)
    save_file(weights, folder / "model.safetensors")


DAMAGES = {
    "no configuration": (lambda f: (f / "config.json").unlink(), "config.json.*cannot be read"),
    "no weights": (lambda f: (f / "model.safetensors").unlink(), "is missing"),
    "configuration is text": (lambda f: (f / "config.json").write_text("scorer"), "is not JSON"),
    "configuration is a list": (lambda f: (f / "config.json").write_text("[]"), "no JSON object"),
    "unknown field": (lambda f: change_config(f, lambda v: v.update(layers=3)), "layers"),
    "hostile size": (
        lambda f: change_config(f, lambda v: v.update(hidden_size=65_536, intermediate_size=65_536)),
        r"asks for F32",
    ),
    "truncated weights": (
        lambda f: (f / "model.safetensors").write_bytes((f / "model.safetensors").read_bytes()[:-20]),
        "not a whole safetensors file",
    ),
    "pickled weights": (
        lambda f: torch.save({"join.weight": torch.zeros(2)}, f / "model.safetensors"),
        "not a whole safetensors file",
    ),
    "missing weight": (lambda f: change_weights(f, lambda w: w.pop("join.bias")), "lacks join.bias"),
    "unknown weight": (lambda f: change_weights(f, lambda w: w.update(more=torch.zeros(1))), "holds the unknown more"),
    "other precision": (lambda f: change_weights(f, lambda w: w.update({"join.bias": w["join.bias"].half()})), "F16"),
    "not finite": (lambda f: change_weights(f, lambda w: w["join.bias"].fill_(torch.nan)), "join.bias.*not finite"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_wrong_is_said_in_one_sentence(folder, damage):
    change, message = DAMAGES[damage]
    change(folder)
    with pytest.raises(VideoError, match=message) as caught:
        load_checkpoint(folder)
    assert "\n" not in str(caught.value)


def test_a_failed_write_leaves_the_last_checkpoint(folder, monkeypatch):
    before = (folder / "model.safetensors").read_bytes()

    def interrupt(path, content):
        raise KeyboardInterrupt

    monkeypatch.setattr("nbutils.video.media.whole_files.os.replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        save_checkpoint(ClipScorer(scorer_config("small", **TINY)), folder)
    assert (folder / "model.safetensors").read_bytes() == before
    assert sorted(file.name for file in folder.iterdir()) == ["config.json", "model.safetensors"]


def test_weights_of_another_size_never_stand_beside_a_configuration(folder, monkeypatch):
    written = []

    def first_only(path, content):
        if written:
            raise KeyboardInterrupt
        written.append(path)
        path.write_bytes(content)

    monkeypatch.setattr("nbutils.video.model.checkpoint.write_whole", first_only)
    with pytest.raises(KeyboardInterrupt):
        save_checkpoint(ClipScorer(scorer_config("small", **TINY, heads=4)), folder)
    with pytest.raises(VideoError, match="is missing"):
        load_checkpoint(folder)


def test_a_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(VideoError, match="choose another folder"):
        save_checkpoint(ClipScorer(scorer_config("small", **TINY)), tmp_path / "taken")
