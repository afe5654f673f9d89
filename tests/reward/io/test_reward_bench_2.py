import pytest

from nbutils.reward.errors import RewardDataError
from nbutils.reward.io.pairs import read_pairs
from tests.reward.io.made import as_columns, write_json

FACTUALITY = {
    "id": "12",
    "subset": "Factuality",
    "text": [f"<|user|>\nWhy?\n<|assistant|>\n{response}" for response in ("right", "w1", "w2", "w3")],
    "scores": [[3.0], [1.0], [2.0], [4.0]],
    "results": 0,
    "num_correct": 1,
}
TIES = {
    "id": "tied:3",
    "subset": "Ties",
    "text": ["red", "blue", "tree"],
    "scores": [2.0, 1.0, 1.5],
    "results": None,
    "num_correct": 2,
}
RIGHT = ["chosen_text", "chosen_score", "rejected_text", "rejected_score"]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "rm.json"


def test_each_correct_response_meets_each_wrong_one(path):
    for value in ([FACTUALITY, TIES], as_columns([FACTUALITY, TIES], model="rm")):
        pairs = read_pairs(write_json(path, value))

        assert pairs["model"].unique().tolist() == ["rm"]
        assert pairs["prompt_id"].tolist() == ["Factuality/12"] * 3 + ["Ties/tied:3"] * 2
        assert pairs["pair_id"].tolist() == [
            "Factuality/12/0-1",
            "Factuality/12/0-2",
            "Factuality/12/0-3",
            "Ties/tied:3/0-2",
            "Ties/tied:3/1-2",
        ]
        assert pairs[RIGHT].to_numpy().tolist() == [
            ["right", 3, "w1", 1],
            ["right", 3, "w2", 2],
            ["right", 3, "w3", 4],
            ["red", 2, "tree", 1.5],
            ["blue", 1, "tree", 1.5],
        ]


@pytest.mark.parametrize(
    "scores",
    [{"scores": [2.0, 1.0, 1.5]}, {"scores_chosen": [2.0, 1.0], "scores_rejected": [[1.5]]}],
)
@pytest.mark.parametrize("correct", [{"num_correct": 2}, {}])
def test_chosen_and_rejected_in_lists(path, scores, correct):
    row = {"id": 3, "subset": "Ties", "chosen": ["red", "blue"], "rejected": ["tree"]} | scores | correct
    best = {"id": 4, "subset": "Focus", "chosen": "a", "rejected": ["b", "c"]} | {
        name: [1.0, 0.5, 0.25][: len(value)] for name, value in {"scores": [0] * 3}.items() if name in scores
    }
    best |= {"scores_chosen": 1.0, "scores_rejected": [0.5, 0.25]} if "scores_chosen" in scores else {}

    pairs = read_pairs(write_json(path, [row, best | ({"num_correct": 1} if correct else {})]))

    assert pairs[RIGHT].to_numpy().tolist() == [
        ["red", 2, "tree", 1.5],
        ["blue", 1, "tree", 1.5],
        ["a", 1, "b", 0.5],
        ["a", 1, "c", 0.25],
    ]


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"scores": [1.0, 2.0]}, "row 2, column scores: 2 scores for 3 responses; give one for each"),
        ({"num_correct": 3}, "row 2, column num_correct: 3 of 3 responses; one must be correct, one wrong"),
        ({"num_correct": 0}, "row 2, column num_correct: 0 of 3 responses"),
        ({"num_correct": "two"}, 'row 2, column num_correct: "two" is no whole number'),
        ({"num_correct": None}, "row 2, column num_correct: null is no whole number"),
        ({"num_correct": float("nan")}, "row 2, column num_correct: NaN is no whole number"),
        ({"num_correct": 1.5}, "row 2, column num_correct: 1.5 is no whole number"),
        ({"subset": None}, "row 2, column subset: empty or NaN"),
        ({"scores": [1.0, 2.0, "3"]}, 'row 2, column scores: "3" is no number'),
        ({"scores": [1.0, float("nan"), 3]}, "row 2, column scores: empty or NaN"),
        ({"text": ["a", "b", None]}, None),
        ({"text": ["a", "b", 7]}, "row 2, column text: 7 is no text"),
        ({"scores": None}, "row 2, column scores: 0 scores for 3 responses"),
        ({"id": None}, "row 2, column id: empty or NaN"),
    ],
)
def test_a_row_that_cannot_be_is_named(path, cells, message):
    write_json(path, [FACTUALITY, TIES | cells])

    if message is None:
        assert read_pairs(path)["rejected_text"].isna().tolist() == [False] * 3 + [True] * 2
    else:
        with pytest.raises(RewardDataError, match=message):
            read_pairs(path)
