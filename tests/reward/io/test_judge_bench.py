import pytest

from nbutils.reward.errors import RewardDataError
from nbutils.reward.io.pairs import read_pairs
from tests.reward.io.made import write_json_lines

NAME = "dataset=judgebench,response_model=gpt-4o,judge_name=reward_model,judge_model=org_rm-8B.jsonl"
SOURCES = ["mmlu-pro-law", "mmlu-pro-computer science", "livebench-math", "livecodebench"]


def judgment(scores, model="org/rm-8B"):
    return {"judgment": {"judge_model": model, "prompt": "", "response": "", "scores": scores}, "decision": "A>B"}


RECORDS = [
    {
        "pair_id": f"id-{i}",
        "original_id": 7 if i < 1 else i,
        "source": source,
        "question": "q",
        "response_model": "gpt-4o",
        "response_A": f"a{i}",
        "response_B": f"b{i}",
        "label": "A>B" if i % 2 else "B>A",
        "judge_name": "reward_model",
        "judgments": [judgment([i, i + 1.0]), judgment([i + 1.0, i])],
    }
    for i, source in enumerate(SOURCES)
]


def read(tmp_path, records, name=NAME):
    return read_pairs(write_json_lines(tmp_path / name, records))


def test_scores_go_to_the_right_response(tmp_path):
    pairs = read(tmp_path, RECORDS)

    assert pairs["model"].unique().tolist() == ["org/rm-8B"]
    assert pairs["pair_id"].tolist() == ["id-0", "id-1", "id-2", "id-3"]
    assert pairs["subset"].tolist() == ["mmlu-pro", "mmlu-pro", "livebench-math", "livecodebench"]
    assert pairs["prompt_id"].tolist() == [
        "mmlu-pro-law/7",
        "mmlu-pro-computer science/1",
        "livebench-math/2",
        "livecodebench/3",
    ]
    assert pairs[["chosen_text", "chosen_score", "rejected_text", "rejected_score"]].to_numpy().tolist() == [
        ["b0", 1, "a0", 0],
        ["a1", 1, "b1", 2],
        ["b2", 3, "a2", 2],
        ["a3", 3, "b3", 4],
    ]


def test_both_orders_count_alike(tmp_path):
    twice = RECORDS[1] | {"judgments": [judgment([1.0, 2.0]), judgment([4.0, 2.0])]}
    second_only = RECORDS[3] | {"judgments": [None, judgment([4.0, 2.0])]}

    pairs = read(tmp_path, [twice, second_only])

    assert pairs[["chosen_score", "rejected_score"]].to_numpy().tolist() == [[1.5, 3.0], [2.0, 4.0]]


def test_scores_without_judgments(tmp_path):
    records = [{"scores": [[1.0], 2], **record, "judgments": None} for record in RECORDS]
    for record in records:
        del record["original_id"]

    pairs = read(tmp_path, records)

    assert pairs["model"].unique().tolist() == ["org_rm-8B"]
    assert pairs["prompt_id"].tolist() == pairs["pair_id"].tolist()
    assert pairs["chosen_score"].tolist() == [2, 1, 2, 1]
    assert read(tmp_path, records, "mine.jsonl")["model"].unique().tolist() == ["mine"]


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"label": "A=B"}, 'row 2, column label: "A=B" is neither A>B nor B>A; drop the pair'),
        ({"label": None}, "row 2, column label: null is neither"),
        ({"judgments": [{"judgment": {"response": "[[A>B]]"}, "decision": "A>B"}]}, "row 2, .* no scores; only the"),
        ({"judgments": []}, "row 2, column judgments: no scores"),
        ({"judgments": "no"}, "row 2, column judgments: no scores"),
        ({"judgments": [judgment([1.0])]}, r"row 2, column judgments: \[1.0\] are not the scores of A and B"),
        ({"judgments": [judgment([1.0, "2"])]}, "row 2, .*write two finite numbers"),
        ({"judgments": [judgment([1.0, float("inf")])]}, "row 2, .*write two finite numbers"),
        ({"response_A": None, "label": "A>B"}, None),
        ({"response_B": 4}, "row 2, column rejected_text: 4 is no text"),
        ({"source": None}, "row 2, column source: empty or NaN"),
        ({"pair_id": "id-0"}, "pair 'id-0' of model 'org/rm-8B' stands in"),
    ],
)
def test_a_row_that_cannot_be_is_named(tmp_path, cells, message):
    records = [RECORDS[0], RECORDS[1] | cells, *RECORDS[2:]]

    if message is None:
        assert read(tmp_path, records)["chosen_text"].isna().tolist() == [False, True, False, False]
    else:
        with pytest.raises(RewardDataError, match=message):
            read(tmp_path, records)


def test_a_file_without_labels(tmp_path):
    records = [{name: cell for name, cell in record.items() if name != "label"} for record in RECORDS]

    with pytest.raises(RewardDataError, match="looks like JudgeBench output but has no column label"):
        read(tmp_path, records)
