import numpy as np
import pytest

from nbutils.reward.errors import RewardDataError
from nbutils.reward.io.pairs import read_pairs
from tests.reward.io.made import write_json_lines

RECORDS = [
    {
        "id": i,
        "subset": "math-prm",
        "prompt": "same" if i < 2 else "other",
        "chosen_text": f"c{i}",
        "rejected_text": f"r{i}",
        "scores": {"rm-b": {"chosen": i, "rejected": 1.0}, "rm-a": {"chosen": [-i], "rejected": 0.5}},
    }
    for i in range(3)
]


def read(tmp_path, records):
    return read_pairs(write_json_lines(tmp_path / "math.jsonl", records))


def test_every_model_has_every_pair(tmp_path):
    records = [*RECORDS[:2], RECORDS[2] | {"scores": {"rm-b": {"chosen": 2, "rejected": 1.0}}}]
    for record in records[:2]:
        record["scores"]["rm-a"] = {"chosen": -record["id"], "rejected": 0.5}

    pairs = read(tmp_path, records)

    assert pairs["model"].tolist() == ["rm-a"] * 2 + ["rm-b"] * 3
    assert pairs["pair_id"].tolist() == ["0", "1", "0", "1", "2"]
    assert pairs["prompt_id"].tolist() == ["0", "0", "0", "0", "2"]
    assert pairs["chosen_score"].tolist() == [0, -1, 0, 1, 2]
    assert pairs["chosen_text"].tolist() == ["c0", "c1", "c0", "c1", "c2"]


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        (
            {"rm-a": {"chosen": 1}},
            'row 2, column scores: .* must be {"<model>": {"chosen": number, "rejected": number}}',
        ),
        ({"rm-a": [1, 2]}, "row 2, column scores: .* must be"),
        ({}, "row 2, column scores: {} must be"),
        (None, "row 2, column scores: null must be"),
        ({"rm-a": {"chosen": "1", "rejected": 2}}, 'row 2, column scores: "1" is no number'),
    ],
)
def test_scores_of_another_shape_are_named(tmp_path, scores, message):
    with pytest.raises(RewardDataError, match=message):
        read(tmp_path, [RECORDS[0], RECORDS[1] | {"scores": scores}])


def test_the_real_file(shared_data):
    pairs = read_pairs(shared_data("rewardmath_math_prm.jsonl.gz"))

    assert pairs.groupby("model", observed=True).size().tolist() == [447] * 9
    assert len(pairs["chosen_text"].cat.categories) <= 447
    right = (pairs["chosen_score"] > pairs["rejected_score"]).groupby(pairs["model"], observed=True).mean()
    assert right["internlm2"] == pytest.approx(0.928, abs=5e-4)
    assert np.isfinite(pairs[["chosen_score", "rejected_score"]]).all(axis=None)
