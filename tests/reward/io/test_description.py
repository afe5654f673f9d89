import math

import pandas as pd
import pytest

from nbutils.reward.io.description import describe


@pytest.fixture
def pairs():
    return pd.DataFrame(
        {
            "model": pd.Categorical(["m", "m", "m", "n"], categories=["m", "n", "unused"]),
            "pair_id": ["p", "q", "r", "p"],
            "prompt_id": ["1", "1", "2", "1"],
            "subset": pd.Categorical(["a", "a", "b", "a"]),
            "chosen_score": [1.0, 2.0, 3.0, 0.0],
            "rejected_score": [0.0, 2.0, 4.0, -1.0],
            "chosen_text": ["xx", "xxxx", "x", "xx"],
            "rejected_text": ["x", "xx", "", "x"],
        }
    )


def test_numbers_of_each_subset_and_of_all(pairs):
    assert describe(pairs).to_dict("list") == {
        "model": ["m", "m", "n", "m", "n"],
        "subset": ["a", "b", "a", "all", "all"],
        "pairs": [2, 1, 1, 3, 1],
        "prompts": [1, 1, 1, 2, 1],
        "accuracy": [0.5, 0.0, 1.0, 1 / 3, 1.0],
        "ties": [1, 0, 0, 1, 0],
        "median_chosen_chars": [3.0, 1.0, 2.0, 2.0, 2.0],
        "median_rejected_chars": [1.5, 0.0, 1.0, 1.0, 1.0],
    }


def test_without_subsets_there_is_one_row_for_each_model(pairs):
    assert describe(pairs.assign(subset="all"))["model"].tolist() == ["m", "n"]


def test_lengths_may_be_given_or_unknown(pairs):
    bare = pairs.drop(columns=["chosen_text", "rejected_text"])

    assert describe(bare.assign(chosen_chars=9.0, rejected_chars=8.0))["median_chosen_chars"].unique().tolist() == [9]
    assert all(map(math.isnan, describe(bare.assign(chosen_lists=1.0, rejected_lists=0.0))["median_chosen_chars"]))
