import hashlib
import json

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

from nbutils.corpora import batches
from nbutils.models import load_causal_lm, moe_layers
from nbutils.models.embedded import DATA, embedded_models, revisions
from nbutils.training import embedded
from nbutils.training.evaluation import mean_loss, model_scorer

MEBIBYTE = 2**20


def test_the_models_are_shipped_small_and_as_recorded():
    assert embedded_models() == ["dense-parent", "moe-scratch", "moe-upcycled"]
    assert revisions("moe-scratch") == ["step250", "step1000", "untrained"]
    assert revisions("moe-upcycled") == []  # it never was random
    files = [file for file in DATA.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) < 40 * MEBIBYTE
    lines = (DATA / "SHA256SUMS").read_text().split("\n")[:-1]
    recorded = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    weights = [file for file in files if file.suffix == ".safetensors"]
    assert set(recorded) == {file.relative_to(DATA).as_posix() for file in weights}
    for file in weights:
        assert file.stat().st_size < 12 * MEBIBYTE
        assert hashlib.sha256(file.read_bytes()).hexdigest() == recorded[file.relative_to(DATA).as_posix()]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["moe-scratch", "moe-upcycled"])
def test_models_predict_held_out_text_as_recorded_and_better_than_bigrams(name):
    table = pd.read_csv(DATA / "perplexity.csv", index_col="model")
    loaded = load_causal_lm(name)
    for domain in ("plays", "code"):  # the standard library differs between versions of Python, hence the tolerance
        perplexity = np.exp(mean_loss(model_scorer(loaded.model), batches(domain, loaded.tokenizer, 20_000)))
        assert perplexity == pytest.approx(table.loc[name, domain], rel=0.25)
        assert perplexity < table.loc["bigram", domain]


def test_training_went_on_from_the_seed_of_the_untrained_model():
    losses = json.loads((DATA / "moe-scratch" / "training.json").read_text())["loss_every_50_steps"]
    assert losses[0] > 7 > 3.5 > losses[-1]
    made = embedded.untrained(embedded.scratch_config())
    loaded = load_causal_lm("moe-scratch@untrained").model
    for (name, one), (_, other) in zip(made.named_parameters(), loaded.named_parameters(), strict=True):
        assert torch.equal(one, other), name


def test_upcycled_experts_are_alike_and_those_from_scratch_are_not():
    def mean_cosine(name):
        layer = moe_layers(load_causal_lm(name))[4]
        weights = torch.stack([layer.up(expert).flatten() for expert in range(layer.num_experts)])
        cosines = torch.nn.functional.normalize(weights) @ torch.nn.functional.normalize(weights).T
        return cosines.masked_select(~torch.eye(len(cosines), dtype=torch.bool)).mean().item()

    assert mean_cosine("moe-upcycled") > 0.1
    assert abs(mean_cosine("moe-scratch")) < 0.02


@pytest.mark.slow
def test_recipe_trains_snapshots_evaluates_and_installs(tmp_path, small_domains, monkeypatch):
    monkeypatch.setattr(embedded, "DOMAIN_WEIGHTS", small_domains)
    monkeypatch.setattr(embedded, "VOCABULARY", 300)
    monkeypatch.setattr(embedded, "SHARED_SIZES", embedded.SHARED_SIZES | {"vocab_size": 300, "num_hidden_layers": 1})
    monkeypatch.setattr(embedded, "SEQUENCES", 2)
    monkeypatch.setattr(embedded, "LENGTH", 32)
    recipe = embedded.Recipe(tmp_path / "made")

    recipe.train("moe-scratch", embedded.untrained(embedded.scratch_config()), 3, snapshots=(1, 2))
    recipe.train_upcycled(4)
    table = embedded.evaluate(tmp_path / "made", tokens=500)
    table.to_csv(tmp_path / "made" / "perplexity.csv")
    embedded.install(tmp_path / "made", tmp_path / "data")

    data = tmp_path / "data"
    assert {"moe-scratch", "moe-scratch@step1", "moe-scratch@step2", "moe-upcycled", "dense-parent"} <= set(table.index)
    assert np.isfinite(table.to_numpy()).all()
    record = json.loads((data / "moe-scratch" / "training.json").read_text())
    assert (record["initial_seed"], record["tokens"]) == (0, 3 * 2 * 32)
    first, last = (load_file(data / "moe-scratch" / step / "model.safetensors") for step in ("step1", "step2"))
    assert any(not torch.equal(first[name], last[name]) for name in first)
    assert not list(data.glob("*/step*/tokenizer*"))
    assert len((data / "SHA256SUMS").read_text().splitlines()) == 5
    upcycled = load_file(data / "moe-upcycled" / "model.safetensors")
    assert all(value.dtype == torch.bfloat16 for value in upcycled.values())
