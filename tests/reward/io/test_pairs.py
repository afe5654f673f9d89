import random

import pandas as pd
import pytest

from nbutils.reward.errors import RewardDataError
from nbutils.reward.io.pairs import read_pairs
from tests.reward.io.made import PLAIN, REWARD_BENCH, gzipped, write_json, write_json_lines


def scored(records, shift):
    return [record | {"scores_chosen": record["scores_chosen"][0] + shift} for record in records]


def test_a_folder_holds_one_model_per_file(tmp_path):
    for shift, name in enumerate(["org/rm-a.json", "org/rm-b.json", "rm-c.json", "eval-set-scores/other/rm-d.json"]):
        write_json(tmp_path / name, scored(REWARD_BENCH, shift))
    gzipped(tmp_path / "org" / "rm-b.json")
    (tmp_path / "README.md").write_text("not data")
    write_json(tmp_path / ".cache" / "lock.json", [])

    pairs = read_pairs(str(tmp_path))

    first = pairs.groupby("model", observed=True)["chosen_score"].first()
    assert first.to_dict() == {"org/rm-a": 1.5, "org/rm-b": 2.5, "rm-c": 3.5, "other/rm-d": 4.5}
    assert len(pairs) == 16


def test_a_text_is_held_once_however_many_models_scored_it(tmp_path):
    for shift in range(5):
        write_json(tmp_path / f"rm-{shift}.json", scored(REWARD_BENCH, shift))

    pairs = read_pairs(tmp_path)

    assert len(pairs) == 20
    assert pairs["chosen_text"].cat.categories.size == 4
    assert pairs["rejected_text"].cat.categories.size == 1


def test_plain_tables_may_differ_in_container(tmp_path):
    write_json_lines(tmp_path / "a.jsonl", PLAIN)
    pd.DataFrame(PLAIN).to_csv(tmp_path / "b.csv", index=False)
    pd.DataFrame(PLAIN).to_parquet(tmp_path / "c.parquet")

    pairs = read_pairs(tmp_path)
    one, two, three = (part.drop(columns="model") for _, part in pairs.groupby("model", observed=True))

    assert pairs["model"].cat.categories.tolist() == ["a", "b", "c"]
    assert one.to_numpy().tolist() == two.to_numpy().tolist() == three.to_numpy().tolist()


def test_the_data_may_name_many_models(tmp_path):
    records = [record | {"model": model} for model in ("x", "y") for record in PLAIN]
    random.Random(0).shuffle(records)

    pairs = read_pairs(write_json_lines(tmp_path / "a.jsonl", records))

    assert pairs.groupby("model", observed=True)["pair_id"].nunique().to_dict() == {"x": 4, "y": 4}


def test_a_model_may_be_spread_over_files(tmp_path):
    for name, part in {"a": PLAIN[:2], "b": PLAIN[2:]}.items():
        write_json_lines(tmp_path / f"{name}.jsonl", [record | {"model": "x"} for record in part])

    assert read_pairs(tmp_path)["pair_id"].tolist() == ["p0", "p1", "p2", "p3"]


def test_a_pair_that_stands_twice_is_named_with_both_places(tmp_path):
    for name in ("a", "b"):
        write_json_lines(tmp_path / f"{name}.jsonl", [record | {"model": "x"} for record in PLAIN[:2]])

    with pytest.raises(
        RewardDataError, match=r"pair 'p0' of model 'x' stands in .*a.jsonl, row 1, and in .*b.jsonl, row 1"
    ):
        read_pairs(tmp_path)


def test_every_file_that_cannot_be_read_is_named(tmp_path):
    write_json_lines(tmp_path / "good.jsonl", PLAIN)
    (tmp_path / "bad.json").write_text("{")
    (tmp_path / "empty.csv").write_text("")

    with pytest.raises(
        RewardDataError, match=r"^2 of 3 files in .* cannot be read: .*bad.json, line 1: .*; .*empty.csv is"
    ):
        read_pairs(tmp_path)


def test_a_folder_of_two_formats(tmp_path):
    write_json(tmp_path / "a.json", REWARD_BENCH)
    write_json_lines(tmp_path / "b.jsonl", PLAIN)

    with pytest.raises(
        RewardDataError, match=r"a.json is RewardBench scores and .*b.jsonl is a plain table: give a folder"
    ):
        read_pairs(tmp_path)


def test_a_folder_of_files_with_different_columns(tmp_path):
    write_json_lines(tmp_path / "a.jsonl", PLAIN)
    write_json_lines(tmp_path / "b.jsonl", [record | {"chosen_chars": 1, "rejected_chars": 2} for record in PLAIN])

    with pytest.raises(RewardDataError, match=r"b.jsonl has chosen_chars and .*a.jsonl has not"):
        read_pairs(tmp_path)


def test_all_is_no_name_of_a_subset_among_others(tmp_path):
    records = [PLAIN[0] | {"subset": "all"}, *PLAIN[1:]]

    with pytest.raises(RewardDataError, match="model 'a' has pairs in a subset 'all' and in others"):
        read_pairs(write_json_lines(tmp_path / "a.jsonl", records))


def test_one_file_of_models_with_and_without_subsets(tmp_path):
    write_json_lines(tmp_path / "a.jsonl", PLAIN)
    bare = [{name: cell for name, cell in record.items() if name != "subset"} for record in PLAIN]
    write_json_lines(tmp_path / "b.jsonl", bare)

    assert read_pairs(tmp_path).groupby("model", observed=True)["subset"].nunique().to_dict() == {"a": 2, "b": 1}


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"instruction": "i", "output": "o", "generator": "g"}, "holds AlpacaEval data, not pairs: give it to"),
        ({"instruction": "i", "output_1": "o", "generator_1": "g"}, "holds AlpacaEval data"),
        ({"a": 1, "b": [1, 2]}, "is of no known format: .* found a, b"),
    ],
)
def test_data_of_another_kind(tmp_path, record, message):
    with pytest.raises(RewardDataError, match=message):
        read_pairs(write_json(tmp_path / "a.json", [record]))


def test_nothing_to_read(tmp_path):
    with pytest.raises(RewardDataError, match=r"holds no \.json, \.jsonl, \.csv, \.tsv or \.parquet file"):
        read_pairs(tmp_path)
    with pytest.raises(RewardDataError, match="absent does not exist: give a file, or a folder of files"):
        read_pairs(tmp_path / "absent")
