import json

import torch

from nbutils.models import embedded, embedded_models, load_causal_lm
from nbutils.training.embedded import SEED, untrained


def test_names_are_those_present(data):
    (data / "README").mkdir()
    assert embedded_models() == ["moe-scratch"]


def test_data_is_beside_the_package():
    assert embedded.DATA.parent.joinpath("nbutils").is_dir()


def test_snapshots_are_listed_in_the_order_of_training(data):
    for step in ("step1000", "step30"):
        (data / "moe-scratch" / step).mkdir()
        (data / "moe-scratch" / step / "model.safetensors").touch()
    assert embedded.revisions("moe-scratch") == ["step30", "step250", "step1000", "untrained"]


def test_without_a_seed_there_is_no_untrained_model(data):
    (data / "moe-scratch" / "training.json").write_text(json.dumps({"tokens": 1}))
    assert embedded.revisions("moe-scratch") == ["step250"]
    (data / "moe-scratch" / "training.json").unlink()
    assert embedded.revisions("moe-scratch") == ["step250"]


def test_untrained_model_is_the_one_that_training_starts_from(data, tiny_config):
    (data / "moe-scratch" / "training.json").write_text(json.dumps({"initial_seed": SEED}))
    weights = load_causal_lm("moe-scratch@untrained", device="cpu").model.state_dict()
    for name, weight in untrained(tiny_config(), SEED).state_dict().items():
        assert torch.equal(weights[name], weight), name


def test_the_control_is_the_models_own_untrained_state(data):
    assert embedded.untrained_of("moe-scratch") == "moe-scratch@untrained"
    assert embedded.untrained_of("moe-scratch@step250") == "moe-scratch@untrained"
    assert embedded.untrained_of("moe-scratch@untrained") == ""
    assert embedded.untrained_of(str(data / "moe-scratch")) == ""
    assert embedded.untrained_of("somebody/else") == ""
