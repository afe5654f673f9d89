import numpy as np
import pytest
import torch

from nbutils.models import LoadedModel
from nbutils.reward.errors import RewardDataError
from nbutils.reward.scoring.encoding import Encoded
from nbutils.reward.scoring.score_file import append_scores, keys_of, read_scores
from tests.reward.scoring.made import reward_model

SCORES = {"a" * 64: 0.1, "b" * 64: -1e-30, "c" * 64: 12345.678901234567}


def encoded(ids, types=None):
    return Encoded(np.array(ids, dtype=np.int32), None if types is None else np.array(types, dtype=np.int32), False)


def test_scores_come_back_exactly(tmp_path):
    path = tmp_path / "scores.jsonl"
    assert read_scores(path) == {}
    append_scores(path, dict(list(SCORES.items())[:1]))
    append_scores(path, dict(list(SCORES.items())[1:]))
    assert read_scores(path) == SCORES


@pytest.mark.parametrize("cut", [1, 5, 60, 80])
def test_a_line_that_was_cut_short_is_dropped_and_the_file_goes_on(tmp_path, cut):
    path = tmp_path / "scores.jsonl"
    append_scores(path, SCORES)
    path.write_bytes(path.read_bytes()[:-cut])
    kept = dict(list(SCORES.items())[:2])
    assert read_scores(path) == kept
    append_scores(path, {"d": 1.0})
    assert read_scores(path) == kept | {"d": 1.0}


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("my notes", 1),
        ("a,b\n1,2\n", 1),
        ('{"key": "a", "score": 1}\n{"key": "b"}\n', 2),
        ('{"key": "a", "score": NaN}\n', 1),
        ("[]\n", 1),
        ("\n", 1),
    ],
)
def test_another_file_is_named_and_left_as_it_is(tmp_path, content, line):
    path = tmp_path / "other.txt"
    path.write_text(content)
    with pytest.raises(RewardDataError, match=rf"line {line} of '.*other.txt' is not a kept score"):
        read_scores(path)
    assert path.read_text() == content


def test_a_file_that_cannot_be_written(tmp_path):
    with pytest.raises(
        RewardDataError, match=r"cannot be kept in '.*absent.*' \(No such file or directory\): choose another file"
    ):
        read_scores(tmp_path / "absent" / "scores.jsonl")


class TestKeys:
    def test_depend_on_tokens_and_types_alone(self):
        loaded = reward_model("llama")
        texts = [encoded([1, 2]), encoded([1, 2]), encoded([1, 3]), encoded([1, 2], [0, 1]), encoded([1, 2], [0, 0])]
        keys = keys_of(loaded, texts)
        assert keys[0] == keys[1]
        assert len(set(keys)) == 4
        assert keys == keys_of(reward_model("llama"), texts)

    def test_change_with_the_model(self):
        text = [encoded([1, 2])]
        first = reward_model("llama")
        others = [LoadedModel("other", first.model, first.tokenizer), reward_model("mistral")]
        trained = reward_model("llama")
        with torch.no_grad():
            trained.model.score.weight[0, 3] += 1e-3
        halved = reward_model("llama")
        halved.model.bfloat16()
        keys = [keys_of(loaded, text)[0] for loaded in (first, *others, trained, halved)]
        assert len(set(keys)) == 5
