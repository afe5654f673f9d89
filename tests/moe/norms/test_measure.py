import gc
import shutil
import weakref

import numpy as np
import pytest

from nbutils.corpora import TextError, batches
from nbutils.models import ModelError, load_causal_lm
from nbutils.moe import probe
from nbutils.moe.norms import measure_models


@pytest.fixture
def folder(tmp_path, loaded):
    subject = loaded()
    subject.model.save_pretrained(tmp_path / "tiny")
    subject.tokenizer.save_pretrained(tmp_path / "tiny")
    (tmp_path / "own.txt").write_text("\n\n".join("Words of one passage. " * 30 for _ in range(5)))
    return tmp_path


def test_models_are_measured_in_turn_on_the_layers_asked_for(folder):
    names = [str(folder / "tiny"), "", str(folder / "tiny")]

    probes, sentences = measure_models(
        names, text=str(folder / "own.txt"), sentence="To be!", max_tokens=2000, window=50, layers="1-2"
    )

    [(name, result)] = probes.items()
    assert not sentences.duplicated().any()
    assert name == names[0]
    assert result.layers == [1, 2]
    assert result.tokens.sum() == 2000
    assert set(sentences["layer"]) == {1, 2}


def test_a_model_is_gone_before_the_next_is_loaded(folder, monkeypatch):
    shutil.copytree(folder / "tiny", folder / "other")
    before = []

    def load(*args, **kwargs):
        gc.collect()
        assert all(model() is None for model in before)
        loaded = load_causal_lm(*args, **kwargs)
        before.append(weakref.ref(loaded.model))
        return loaded

    monkeypatch.setattr("nbutils.moe.in_turn.load_causal_lm", load)
    names = [str(folder / "tiny"), str(folder / "other")]

    measure_models(names, text=str(folder / "own.txt"), sentence="To be!", max_tokens=2000, window=50)

    assert len(before) == 2


def test_layer_out_of_range(folder):
    with pytest.raises(ValueError, match="layer 3 is out of range: the MoE layers are 0-2"):
        measure_models(
            [str(folder / "tiny")], text=str(folder / "own.txt"), sentence="To be!", max_tokens=2000, layers="3"
        )


def test_a_model_that_is_nowhere_is_told_before_the_first_is_loaded(folder, monkeypatch):
    monkeypatch.setattr("nbutils.moe.in_turn.load_causal_lm", lambda *args, **kwargs: pytest.fail("loaded"))

    with pytest.raises(ModelError, match="nowhere"):
        measure_models(
            [str(folder / "tiny"), "./nowhere"], text=str(folder / "own.txt"), sentence="To be!", max_tokens=500
        )


def test_a_single_passage_is_refused_before_it_is_measured(folder):
    (folder / "short.txt").write_text("One line.")

    with pytest.raises(TextError, match="gives a single passage"):
        measure_models([str(folder / "tiny")], text=str(folder / "short.txt"), sentence="To be!", max_tokens=500)


def test_experts_on_disk_are_measured_like_those_in_memory(folder):
    places = {"model.embed_tokens": "cpu", "model.norm": "cpu", "lm_head": "cpu", "model.rotary_emb": "cpu"}
    places |= {"model.layers.0": "cpu", "model.layers.1": "disk", "model.layers.2": "disk"}
    results = []
    for device_map in (None, places):
        loaded = load_causal_lm(str(folder / "tiny"), device_map=device_map)
        windows = batches(str(folder / "own.txt"), loaded.tokenizer, 500, length=50)
        results.append(probe(loaded, windows))

    np.testing.assert_array_equal(results[0].rank_counts, results[1].rank_counts)
    np.testing.assert_allclose(results[0].moments, results[1].moments)
