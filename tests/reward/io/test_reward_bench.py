import pytest

from nbutils.reward.errors import RewardDataError
from nbutils.reward.io.pairs import read_pairs
from tests.reward.io.made import REWARD_BENCH, as_columns, write_json


@pytest.fixture
def path(tmp_path):
    return tmp_path / "eval-set-scores" / "org" / "rm-7B-v0.1.json"


def with_prompts(prompts):
    return [record | {"prompt": prompt} for record, prompt in zip(REWARD_BENCH, prompts, strict=True)]


def test_records_and_columns_hold_the_same_pairs(path):
    from_records = read_pairs(write_json(path, REWARD_BENCH))
    from_columns = read_pairs(write_json(path, as_columns(REWARD_BENCH, model="named/inside", chat_template="tulu")))

    assert from_records["model"].unique().tolist() == ["org/rm-7B-v0.1"]
    assert from_columns["model"].unique().tolist() == ["named/inside"]
    assert from_records.drop(columns="model").equals(from_columns.drop(columns="model"))


def test_scores_ids_and_responses(path):
    pairs = read_pairs(write_json(path, REWARD_BENCH))

    assert pairs["pair_id"].tolist() == ["hep-cpp/0", "hep-cpp/1", "alpacaeval-easy/0", "alpacaeval-easy/1"]
    assert pairs["chosen_score"].tolist() == [1.5, 2.5, 3.5, 4.5]
    assert pairs["rejected_score"].tolist() == [2.5] * 4
    assert pairs["chosen_text"].tolist() == ["It is 0.", "It is 1.", "It is 2.", "It is 3."]
    assert pairs["rejected_text"].tolist() == ["No idea"] * 4


def test_prompts_that_several_pairs_share(path):
    expected = ["hep-cpp/0", "alpacaeval-easy/0", "alpacaeval-easy/0", "alpacaeval-easy/1"]
    prompts = ["a", "b", "b", "c"]
    in_texts = [
        record | {side: f"[INST] {prompt} [/INST] {side}" for side in ("text_chosen", "text_rejected")}
        for record, prompt in zip(REWARD_BENCH, prompts, strict=True)
    ]
    in_messages = [
        record
        | {
            side: [{"role": "user", "content": prompt}, {"role": "assistant", "content": side}]
            for side in ("text_chosen", "text_rejected")
        }
        for record, prompt in zip(REWARD_BENCH, prompts, strict=True)
    ]

    for records in (with_prompts(prompts), in_texts, in_messages, in_messages[::-1]):
        pairs = read_pairs(write_json(path, records)).set_index("pair_id")
        assert (
            pairs["prompt_id"].loc[["hep-cpp/0", "hep-cpp/1", "alpacaeval-easy/0", "alpacaeval-easy/1"]].tolist()
            == expected
        )
    assert pairs["chosen_text"].unique().tolist() == ["text_chosen"]


def test_without_ids_or_subsets_pairs_are_called_by_their_row(path):
    bare = [{name: cell for name, cell in record.items() if name not in ("id", "subset")} for record in REWARD_BENCH]

    pairs = read_pairs(write_json(path, bare))

    assert pairs["pair_id"].tolist() == ["all/1", "all/2", "all/3", "all/4"]
    assert pairs["subset"].unique().tolist() == ["all"]


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"scores_chosen": None}, "row 4, column scores_chosen: empty or NaN"),
        ({"scores_rejected": [1, 2]}, r"row 4, column scores_rejected: \[1, 2\] is no number"),
        ({"text_chosen": 3}, "row 4, column text_chosen: 3 is no text"),
        ({"id": 0}, r"pair 'alpacaeval-easy/0' of model 'org/rm-7B-v0.1' stands in .*row 3, and in .*row 4: drop one"),
        ({"id": None}, "row 4, column id: empty or NaN"),
        ({"subset": None}, "row 4, column (id|subset): empty or NaN"),
    ],
)
def test_a_cell_that_cannot_be_is_named(path, cells, message):
    with pytest.raises(RewardDataError, match=message):
        read_pairs(write_json(path, [*REWARD_BENCH[:3], REWARD_BENCH[3] | cells]))


def test_missing_columns_are_named(path):
    bare = [{name: cell for name, cell in record.items() if name != "scores_rejected"} for record in REWARD_BENCH]

    with pytest.raises(RewardDataError, match="looks like RewardBench scores but has no column scores_rejected"):
        read_pairs(write_json(path, bare))
