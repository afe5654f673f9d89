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


def test_the_encoders_of_its_training_are_kept_with_a_scorer_and_older_checkpoints_name_none(tmp_path, folder):
    assert load_checkpoint(folder).config.encoders == {}
    change_config(folder, lambda values: values.pop("encoders"))
    assert load_checkpoint(folder).config.encoders == {}
    encoders = {"visual": "clip", "text": "minilm"}
    save_checkpoint(ClipScorer(scorer_config("small", **TINY, encoders=encoders)), tmp_path / "named")
    assert load_checkpoint(tmp_path / "named").config.encoders == encoders


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_parameters_stored_in_half_precision_are_rounded_and_moments_kept(tmp_path, folder, dtype):
    model = load_checkpoint(folder)
    model.encoders["visual"].mean.fill_(1e6 / 3)
    save_checkpoint(model, tmp_path / "half", dtype)
    loaded = load_checkpoint(tmp_path / "half").state_dict()
    parameters = dict(model.named_parameters())
    for name, tensor in model.state_dict().items():
        expected = tensor.to(dtype) if name in parameters else tensor
        assert loaded[name].dtype == torch.float32
        assert torch.equal(loaded[name], expected.float())
    sizes = [(place / "model.safetensors").stat().st_size for place in (folder, tmp_path / "half")]
    assert sizes[0] - sizes[1] > 1.9 * model.parameter_count()


@pytest.mark.parametrize("dtype", [torch.float64, torch.int8])
def test_other_dtypes_are_refused_before_anything_is_written(tmp_path, folder, dtype):
    with pytest.raises(VideoError, match=f"{dtype}: choose from torch.float32, torch.float16, torch.bfloat16"):
        save_checkpoint(load_checkpoint(folder), tmp_path / "new", dtype)
    assert not (tmp_path / "new").exists()


def test_parameters_beyond_the_range_of_float16_are_refused(tmp_path, folder):
    model = load_checkpoint(folder)
    model.join.bias.data[0] = 70_000
    with pytest.raises(VideoError, match=r"join.bias does not fit into torch.float16"):
        save_checkpoint(model, tmp_path / "new", torch.float16)
    save_checkpoint(model, tmp_path / "new", torch.bfloat16)


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
        r"asks for F32 or F16 or BF16 ",
    ),
    "encoder of no modality": (
        lambda f: change_config(f, lambda v: v.update(encoders={"smell": "nose"})),
        "encoders.smell",
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
    "other precision": (lambda f: change_weights(f, lambda w: w.update({"join.bias": w["join.bias"].double()})), "F64"),
    "moments in half precision": (
        lambda f: change_weights(f, lambda w: w.update({"encoders.text.mean": w["encoders.text.mean"].half()})),
        r"encoders.text.mean.* is F16 \(4,\) where config.json asks for F32 \(4,\)",
    ),
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

    monkeypatch.setattr("nbutils.whole_files.os.replace", interrupt)
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
