import numpy as np
import pytest

from nbutils.corpora import TextError
from nbutils.moe.in_turn import passages_apart, windows
from nbutils.moe.interventions import claims, measure_interventions, passage_losses
from nbutils.suite.findings import finding_record


@pytest.fixture
def folder(tmp_path, loaded):
    for name in ("olmoe", "deepseek"):
        subject = loaded(name)
        subject.model.save_pretrained(tmp_path / name)
        subject.tokenizer.save_pretrained(tmp_path / name)
    (tmp_path / "own.txt").write_text("\n\n".join(f"Words of passage {i}. " * 40 for i in range(6)))
    return tmp_path


def test_experts_are_judged_on_passages_that_did_not_choose_them(folder, loaded):
    names = [str(folder / name) for name in ("olmoe", "deepseek")]
    text = str(folder / "own.txt")

    tables = measure_interventions(names, text=text, max_tokens=4000, window=50)

    for table in vars(tables).values():
        assert table["model"].unique().tolist() == names
    _, judging = passages_apart(windows(loaded(), text, 4000, 50, 8))
    losses = passage_losses(loaded(), judging)
    first = tables.pruned[tables.pruned["model"] == names[0]]
    assert set(first["passage"]) == set(losses["passage"])
    untouched = first.drop_duplicates("passage").sort_values("passage")["untouched"]
    np.testing.assert_allclose(untouched, losses.sort_values("passage")["loss"], rtol=1e-5)
    assert tables.experts.groupby("model")["layer"].unique().map(list).tolist() == [[2], [1]]

    found = claims.interventions(tables.choices, tables.pruned, tables.spoken, resamples=100)

    assert len({finding_record(finding)["claim"] for finding in found}) == 10


def test_too_few_passages_to_judge_on(folder):
    with pytest.raises(TextError, match=r"3 passages .* give four or more"):
        measure_interventions([str(folder / "olmoe")], text=str(folder / "own.txt"), max_tokens=2000, window=50)


def test_a_layer_out_of_range(folder):
    with pytest.raises(ValueError, match="layer 9 is out of range"):
        measure_interventions([str(folder / "olmoe")], text=str(folder / "own.txt"), max_tokens=4000, layers="9")
