import shutil

import pytest
import torch
from transformers import MistralConfig, MistralForCausalLM

from nbutils.corpora import TextError
from nbutils.models import ModelError
from nbutils.moe.similarity import (
    activations_by_expert,
    captions,
    claims,
    figures,
    measure_outputs,
    measure_weights,
    output_regression,
)
from nbutils.moe.similarity.outputs import output_similarity, output_similarity_by_layer
from nbutils.suite.findings import finding_record
from tests.moe.conftest import SIZES


@pytest.fixture
def folder(tmp_path, loaded):
    """Two mixtures of experts, a dense model of their shape and one of another, and a text."""
    for name in ("olmoe", "gpt_oss"):
        subject = loaded(name)
        subject.model.save_pretrained(tmp_path / name)
        subject.tokenizer.save_pretrained(tmp_path / name)
    torch.manual_seed(1)
    for name, sizes in (("dense", SIZES), ("wider", SIZES | {"hidden_size": 64})):
        MistralForCausalLM(MistralConfig(**sizes)).save_pretrained(tmp_path / name)
        subject.tokenizer.save_pretrained(tmp_path / name)
    for name in ("own", "other"):
        passages = (f"Words of passage {i} of the {name} text. " * 20 for i in range(5))
        (tmp_path / f"{name}.txt").write_text("\n\n".join(passages))
    return tmp_path


def outputs_of(folder, *names, **options):
    text = ",".join(str(folder / f"{name}.txt") for name in ("own", "other"))
    names = [str(folder / name) if name else "" for name in names]
    return measure_outputs(names, **({"text": text, "sentence": "To be!", "max_tokens": 2000, "window": 50} | options))


def test_models_stand_side_by_side_and_the_reference_beside_the_first(folder):
    names = [str(folder / "olmoe"), "", str(folder / "gpt_oss")]

    weights = measure_weights(names, reference=str(folder / "dense"), layers="1-2", most_pairs=4)

    for table in vars(weights).values():
        assert table["model"].unique().tolist() == [names[0], names[2]]
        assert set(table["layer"]) - {-1} == {1, 2}
    beside = weights.similarity[weights.similarity["second"] == "reference"]
    assert beside["model"].unique().tolist() == names[:1]
    assert len(weights.matching[weights.matching["second"].str.isdecimal()].drop_duplicates(["first", "second"])) <= 8


def test_outputs_on_each_text_and_on_all(folder):
    tables = outputs_of(folder, "olmoe", "gpt_oss", reference=str(folder / "dense"), layers="0,2", resamples=100)

    first, second = tables.probes.values()
    assert first.outputs.members[-1] == "reference"
    assert "reference" not in second.outputs.members
    assert first.layers == second.layers == [0, 2]
    assert first.tokens.sum() == second.tokens.sum() == 2000
    assert tables.by_text["text"].nunique() == 2
    by_text = tables.by_text.query("measure == 'cosine' and pairs == 'experts' and layer == -1")
    together = output_similarity_by_layer(tables.probes, 100).query("measure == 'cosine' and pairs == 'experts'")
    assert len(by_text) == 4
    for model, value in together[together["layer"] == -1].set_index("model")["value"].items():
        assert by_text[by_text["model"] == model]["value"].mean() == pytest.approx(value, abs=1e-6)
    assert tables.activations["model"].unique().tolist() == [str(folder / "olmoe")]
    assert list(tables.hidden_gates) == [str(folder / "gpt_oss")]


def test_all_findings_and_figures_come_out_of_the_tables(folder, tmp_path):
    names = [str(folder / "olmoe"), str(folder / "gpt_oss")]
    weights = measure_weights(names)
    tables = outputs_of(folder, "olmoe", "gpt_oss", resamples=100)
    pairs = output_similarity(tables.probes)
    regression = output_regression(weights.similarity, pairs, permutations=50)

    found = claims.expert_diversity(weights, tables, regression, names, resamples=100)

    assert len({finding_record(finding)["claim"] for finding in found}) == len(found)
    hidden = [finding for finding in found if "keep their activation" in finding["reason"]]
    assert [finding["claim"].partition(": ")[0] for finding in hidden] == names[1:]
    figures.weights_and_outputs(pairs, weights.similarity, regression).savefig(tmp_path / "1.png")
    figures.sentence_similarity(tables.sentences).savefig(tmp_path / "2.png")
    figures.similarity_by_text(tables.by_text).savefig(tmp_path / "3.png")
    figures.neuron_heatmaps(tables.neurons).savefig(tmp_path / "4.png")
    figures.gate_activations(tables.activations).savefig(tmp_path / "5.png")
    hidden = activations_by_expert(tables.probes)
    figures.hidden_activations(hidden).savefig(tmp_path / "6.png")
    assert "sparseness" in captions.hidden_activations(hidden)
    assert "over pairs" in captions.weights_and_outputs(regression)
    assert "for whole matrices" in captions.weights_and_outputs(regression)


def test_weights_alone_load_no_model_and_leave_the_rest_unsaid(folder, monkeypatch):
    monkeypatch.setattr("nbutils.moe.in_turn.load_causal_lm", lambda *args, **kwargs: pytest.fail("loaded"))
    names = [str(folder / "olmoe")]
    weights = measure_weights(names)

    tables = outputs_of(folder, "olmoe", max_tokens=0)

    regression = output_regression(weights.similarity, output_similarity(tables.probes))
    found = claims.expert_diversity(weights, tables, regression, names)
    assert found
    assert not any("output" in finding["claim"] for finding in found)
    for drawn, said in (
        (figures.output_similarity_by_layer, captions.output_similarity_by_layer),
        (figures.similarity_by_text, captions.similarity_by_text),
        (figures.sentence_similarity, captions.sentence_similarity),
        (figures.gate_activations, captions.gate_activations),
        (figures.neuron_heatmaps, captions.neuron_heatmaps),
        (figures.hidden_activations, captions.hidden_activations),
    ):
        assert drawn(tables.by_text).texts[0].get_text() == "not measured"
        assert said(tables.by_text) == "Not measured."
    assert figures.weights_and_outputs(tables.by_text, weights.similarity, regression).texts
    assert captions.weights_and_outputs(regression) == "Not measured."


def test_bad_input_is_named(folder):
    model = str(folder / "olmoe")
    with pytest.raises(ModelError, match="32"):
        measure_weights([model], reference=str(folder / "wider"))
    with pytest.raises(ModelError, match="nowhere"):
        measure_weights([model, "./nowhere"])
    with pytest.raises(ModelError, match="nowhere"):
        measure_weights([model], reference="./nowhere")
    with pytest.raises(ModelError, match="no MoE layer"):
        measure_weights([str(folder / "dense")])
    with pytest.raises(ValueError, match="layer 7 is out of range"):
        measure_weights([model], layers="7")
    shutil.copytree(folder / "olmoe", folder / "cut")
    whole = (folder / "cut" / "model.safetensors").read_bytes()
    (folder / "cut" / "model.safetensors").write_bytes(whole[:-100])
    with pytest.raises(ModelError, match="download it again"):
        measure_weights([str(folder / "cut")])
    (folder / "short.txt").write_text("One line.")
    with pytest.raises(TextError, match="a single passage"):
        outputs_of(folder, "olmoe", text=str(folder / "short.txt"))
