import json

import pytest

from nbutils.models.embedded import DATA

WEIGHTS_ALONE = {"max_tokens": "0", "compare_to": "", "reference": "", "most_pairs": "1"}


def pickled(tmp_path):
    (tmp_path / "pickled").mkdir()
    (tmp_path / "pickled" / "pytorch_model.bin").write_bytes(b"")
    return tmp_path / "pickled"


def shard_missing(tmp_path):
    folder = tmp_path / "sharded"
    folder.mkdir()
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        (folder / name).write_bytes((DATA / "moe-scratch" / name).read_bytes())
    index = {"weight_map": {"lm_head.weight": "model-00001-of-00002.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("model", pickled, "holds its weights as pickle"),
        ("model", shard_missing, "1 of the 1 weight files"),
        ("model", "dense-parent", "has no MoE layer; found dense MLPs at model.layers.0.mlp"),
        ("reference", "moe-scratch", "has no dense"),
        ("reference", "dense-parant", "dense-parent"),
        ("max_tokens", "5", "max_tokens = 5 is not allowed: it should be 0"),
        ("most_pairs", "0", "most_pairs = 0 is not allowed"),
    ],
)
def test_bad_input_ends_in_one_sentence_and_leaves_no_result(run_notebook, tmp_path, name, value, sentence):
    value = str(value(tmp_path) if callable(value) else value)

    outcome, written = run_notebook("expert_diversity", **WEIGHTS_ALONE | {name: value})

    assert outcome.findings is None
    assert sentence in outcome.failure
    assert "\n" not in outcome.failure
    assert written == {"expert_diversity.failed.ipynb"}


@pytest.mark.slow
def test_weights_alone_give_findings(run_notebook):
    outcome, written = run_notebook("expert_diversity", **WEIGHTS_ALONE | {"model": "moe-scratch@step250"})

    assert outcome.failure is None
    assert len(outcome.findings) == 8
    assert {"findings.json", "weights_by_layer.png", "matched.csv", "outputs_by_layer.png"} <= written
