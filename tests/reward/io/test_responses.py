import pandas as pd
import pytest

from nbutils.reward.errors import RewardDataError
from nbutils.reward.io.responses import read_responses
from tests.reward.io.made import write_json, write_json_lines

INSTRUCTIONS = ["why?", "how — exactly?", "why?"]


def outputs(generator, /, **cells):
    return [
        {"instruction": instruction, "output": f"{generator} {i}", "generator": generator, "dataset": "d"}
        | {name: cell[i] for name, cell in cells.items()}
        for i, instruction in enumerate(INSTRUCTIONS)
    ]


def scores(generator, /, **cells):
    return [
        {"generator": generator, "instruction": instruction, "score": float(i)}
        | {name: cell[i] for name, cell in cells.items()}
        for i, instruction in enumerate(INSTRUCTIONS)
    ]


def test_scores_beside_outputs_in_a_folder_as_alpacaeval_keeps_it(tmp_path):
    for generator in ("gpt", "llama"):
        write_json(tmp_path / generator / "model_outputs.json", outputs(generator))
        write_json(tmp_path / generator / "model_outputs_GRM-8B.json", outputs(generator, score=[1, [2.5], -3]))
        write_json(tmp_path / generator / "judge" / "metrics.json", {"win_rate": 50})

    responses = read_responses(tmp_path)

    assert [*responses] == ["model", "generator", "instruction_id", "score", "chars", "text"]
    assert responses["model"].tolist() == ["GRM-8B"] * 6
    assert responses["generator"].tolist() == ["gpt"] * 3 + ["llama"] * 3
    assert responses["instruction_id"].tolist() == ["0", "1", "2"] * 2
    assert responses["score"].tolist() == [1, 2.5, -3] * 2
    assert responses["text"].tolist()[3:] == ["llama 0", "llama 1", "llama 2"]
    assert responses["chars"].tolist() == [5.0] * 3 + [7.0] * 3
    assert responses.dtypes.astype(str).tolist() == ["category", "category", "str", "float64", "float64", "category"]


def test_scores_of_several_models_apart_from_the_outputs(tmp_path):
    for generator in ("gpt", "llama"):
        write_json(tmp_path / "outputs" / f"{generator}.json", outputs(generator))
    table = pd.DataFrame(
        [row | {"model": model} for model in ("rm-a", "rm-b") for name in ("llama", "gpt") for row in scores(name)]
    )
    table.to_csv(tmp_path / "scores.csv", index=False)

    responses = read_responses(tmp_path / "outputs", tmp_path / "scores.csv").set_index(["model", "generator"])

    assert len(responses) == 12
    for key in [(model, generator) for model in ("rm-a", "rm-b") for generator in ("gpt", "llama")]:
        part = responses.loc[[key]].sort_values("instruction_id")
        assert part["score"].tolist() == [0, 1, 2]
        assert part["text"].tolist() == [f"{key[1]} {i}" for i in range(3)]


def test_an_instruction_keeps_its_id_in_any_order(tmp_path):
    write_json(tmp_path / "model_outputs_a.json", outputs("gpt", score=[0, 1, 2]))
    write_json(
        tmp_path / "model_outputs_b.json", outputs("llama", score=[0, 1, 2])[1:] + outputs("llama", score=[7] * 3)[:1]
    )

    responses = read_responses(tmp_path)

    texts = responses.pivot(index="instruction_id", columns="generator", values="text")
    assert texts["llama"].to_dict() == {"0": "llama 2", "1": "llama 1", "2": "llama 0"}
    assert texts["gpt"].to_dict() == {"0": "gpt 0", "1": "gpt 1", "2": "gpt 2"}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (scores("gpt")[:2], "has scores of model 'scores' for 2 of 3 outputs of generator 'gpt': score all of them"),
        (scores("claude"), "scores an output of generator 'claude' that is not among the outputs"),
        (scores("gpt") + scores("gpt")[:1], 'that is not among the outputs, for the instruction "why\\?"'),
        (scores("gpt", score=[1, None, 2]), "scores.json, row 2, column score: empty or NaN"),
        (scores("gpt", score=[1, "2", 2]), 'scores.json, row 2, column score: "2" is no number'),
        ([{"generator": "gpt", "score": 1}], "has no column instruction: generator, instruction, score are needed"),
    ],
)
def test_scores_that_do_not_fit(tmp_path, rows, message):
    write_json(tmp_path / "outputs.json", outputs("gpt"))

    with pytest.raises(RewardDataError, match=message):
        read_responses(tmp_path / "outputs.json", write_json(tmp_path / "scores.json", rows))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (outputs("gpt"), "have no score: add it to them, or give a table of scores"),
        (outputs("gpt", score=[1, float("nan"), 3]), "row 2, column score: empty or NaN"),
        (outputs("gpt", score=[1, 2, 3], output=["a", None, "c"]), "row 2, column output: empty or NaN"),
        (outputs("gpt", score=[1, 2, 3], generator=["a", "a", []]), r"row 3, column generator: \[\] is no name"),
        ([{"instruction": "a", "output": "b", "score": 1}], "has no column generator"),
        ([{"pair_id": 1}], "holds no AlpacaEval outputs: give objects with instruction, output and generator"),
    ],
)
def test_outputs_that_cannot_be_used(tmp_path, rows, message):
    with pytest.raises(RewardDataError, match=message):
        read_responses(write_json_lines(tmp_path / "a.jsonl", rows))


def test_two_files_that_name_the_same_generator(tmp_path):
    for name in ("snorkel", "snorkel-best-of-16"):
        write_json(tmp_path / name / "model_outputs_rm.json", outputs("snorkel", score=[1, 2, 3]))

    with pytest.raises(RewardDataError, match=r'both hold model and generator \["rm", "snorkel"\]: leave one out'):
        read_responses(tmp_path)
