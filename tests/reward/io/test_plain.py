import json
import math

import pandas as pd
import pytest

from nbutils.reward.errors import RewardDataError
from nbutils.reward.io.pairs import read_pairs
from tests.reward.io.made import PLAIN, write_json_lines

COUNTED = [{"pair_id": i, "chosen_score": i, "rejected_score": 0, "chosen_chars": 9, "rejected_chars": 7} for i in "ab"]


def changed(records, row, **cells):
    return [record | (cells if number == row else {}) for number, record in enumerate(records, 1)]


def test_columns_and_types(tmp_path):
    pairs = read_pairs(write_json_lines(tmp_path / "my-rm.v1.jsonl", PLAIN))

    assert [*pairs] == [
        "model",
        "pair_id",
        "prompt_id",
        "subset",
        "chosen_score",
        "rejected_score",
        "chosen_text",
        "rejected_text",
    ]
    assert pairs["model"].unique().tolist() == ["my-rm.v1"]
    assert pairs["prompt_id"].equals(pairs["pair_id"].rename("prompt_id"))
    assert pairs.dtypes.astype(str).to_dict() == {
        "model": "category",
        "pair_id": "str",
        "prompt_id": "str",
        "subset": "category",
        "chosen_score": "float64",
        "rejected_score": "float64",
        "chosen_text": "category",
        "rejected_text": "category",
    }


def test_characteristics_instead_of_texts(tmp_path):
    (tmp_path / "a.csv").write_text(
        "pair_id,prompt_id,model,chosen_score,rejected_score,chosen_emoji,rejected_emoji,chosen_model,rejected_model\n"
        "007,1,2.0,1e-3,-4,2,0,gpt,claude\n"
    )
    pairs = read_pairs(tmp_path / "a.csv")

    assert pairs.to_dict("records") == [
        {
            "model": "2.0",
            "pair_id": "007",
            "prompt_id": "1",
            "subset": "all",
            "chosen_score": 0.001,
            "rejected_score": -4.0,
            "chosen_emoji": 2.0,
            "rejected_emoji": 0.0,
        }
    ]


def test_words_that_other_readers_take_for_missing_are_texts(tmp_path):
    (tmp_path / "a.csv").write_text(
        'pair_id,chosen_score,rejected_score,chosen_text,rejected_text\nNA,1,2,None,nan\nnull,1,2,"a\r\nb",\n'
    )
    pairs = read_pairs(tmp_path / "a.csv")

    assert pairs["pair_id"].tolist() == ["NA", "null"]
    assert pairs["chosen_text"].tolist() == ["None", "a\r\nb"]
    assert pairs["rejected_text"].isna().tolist() == [False, True]


def test_empty_responses_are_texts(tmp_path):
    pairs = read_pairs(write_json_lines(tmp_path / "a.jsonl", changed(PLAIN, 1, chosen_text="")))

    assert pairs["chosen_text"].iloc[0] == ""


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"chosen_score": math.nan}, "row 2, column chosen_score: empty or NaN; fill it in, or drop the row"),
        ({"chosen_score": None}, "row 2, column chosen_score: empty or NaN"),
        ({"rejected_score": -math.inf}, "row 2, column rejected_score: -Infinity is no finite number; score it again"),
        ({"rejected_score": 10**400}, "row 2, column rejected_score: 10+… is no finite number"),
        ({"chosen_score": "1.5"}, 'row 2, column chosen_score: "1.5" is no number'),
        ({"chosen_score": True}, "row 2, column chosen_score: true is no number"),
        ({"chosen_score": [1.5, 2]}, r"row 2, column chosen_score: \[1.5, 2\] is no number"),
        ({"chosen_score": {}}, r"row 2, column chosen_score: \{\} is no number"),
        ({"chosen_text": 5}, "row 2, column chosen_text: 5 is no text"),
        ({"chosen_text": ["a"]}, r'row 2, column chosen_text: \["a"\] is no text'),
        ({"pair_id": None}, "row 2, column pair_id: empty or NaN"),
        ({"pair_id": " "}, 'row 2, column pair_id: " " is no name'),
        ({"pair_id": ["p"]}, r'row 2, column pair_id: \["p"\] is no name'),
        ({"subset": None}, "row 2, column subset: empty or NaN"),
    ],
)
def test_a_cell_that_cannot_be_is_named(tmp_path, cells, message):
    path = write_json_lines(tmp_path / "a.jsonl", changed(PLAIN, 2, **cells))

    with pytest.raises(RewardDataError, match=f"^{path}, {message}"):
        read_pairs(path)


@pytest.mark.parametrize(
    ("number", "message"),
    [
        ("", "row 2, column chosen_score: empty or NaN"),
        ("nan", 'row 2, column chosen_score: "nan" is no number'),
        ("inf", "row 2, column chosen_score: Infinity is no finite number"),
        ("−1.5", 'row 2, column chosen_score: "−1.5" is no number'),
        ("—", 'row 2, column chosen_score: "—" is no number'),
        ("[1.5]", r'row 2, column chosen_score: "\[1.5\]" is no number'),
    ],
)
def test_a_number_that_a_csv_does_not_hold_is_named(tmp_path, number, message):
    pd.DataFrame(changed(PLAIN, 2, chosen_score=number)).to_csv(tmp_path / "a.csv", index=False)

    with pytest.raises(RewardDataError, match=message):
        read_pairs(tmp_path / "a.csv")


def test_the_first_row_at_fault_is_named(tmp_path):
    broken = changed(changed(PLAIN, 4, chosen_score="x"), 3, rejected_text=1)

    with pytest.raises(RewardDataError, match="row 3, column rejected_text"):
        read_pairs(write_json_lines(tmp_path / "a.jsonl", broken))


@pytest.mark.parametrize(
    ("dropped", "message"),
    [
        (["rejected_score"], "has no column rejected_score: pair_id, chosen_score, rejected_score are needed; found"),
        (["pair_id"], "has no column pair_id"),
        (["chosen_text"], "has a column rejected_text but no chosen_text: add it, or drop the other"),
        (["chosen_text", "rejected_text"], "nothing that they may depend on: add columns chosen_text and"),
        (
            ["chosen_score", "rejected_score"],
            "is of no known format: a plain table needs pair_id, .*found pair_id, sub",
        ),
    ],
)
def test_missing_columns_are_named_beside_those_found(tmp_path, dropped, message):
    records = [{name: cell for name, cell in record.items() if name not in dropped} for record in PLAIN]

    with pytest.raises(RewardDataError, match=message):
        read_pairs(write_json_lines(tmp_path / "a.jsonl", records))


def test_lists_of_one_score(tmp_path):
    path = write_json_lines(tmp_path / "a.jsonl", changed(PLAIN, 1, chosen_score=[[0.25]]))

    assert read_pairs(path)["chosen_score"].iloc[0] == 0.25


def test_code_in_a_file_is_never_run(tmp_path):
    path = write_json_lines(tmp_path / "a.jsonl", changed(COUNTED, 1, chosen_score="__import__('os').getcwd()"))

    with pytest.raises(RewardDataError, match="is no number"):
        read_pairs(path)
    assert json.loads(path.read_text().splitlines()[1])["pair_id"] == "b"
