import gzip
import json

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from nbutils.reward.confounding import confounding
from nbutils.reward.errors import RewardDataError


def pairs_of(chosen, rejected, subset="all"):
    ids = [f"pair-{i}" for i in range(len(chosen))]
    fixed = {"model": "m", "pair_id": ids, "prompt_id": ids, "subset": subset}
    return pd.DataFrame(fixed | {"chosen_chars": chosen, "rejected_chars": rejected})


def longer_in(count, pairs, **options):
    return pairs_of(np.where(np.arange(pairs) < count, 20.0, 5.0), np.full(pairs, 10.0), **options)


def test_shares_and_the_two_rules():
    pairs = pairs_of([3.0, 3, 3, 1, 2, 2, 5, 5], [1.0, 1, 1, 3, 2, 2, 1, 1])

    row = confounding(pairs).iloc[0]

    assert (row["n"], row["equal"]) == (8, 2)
    assert row["share"] == pytest.approx(5 / 6)
    assert (row["more_is_right"], row["less_is_right"]) == (5 / 8, 1 / 8)
    expected = binomtest(5, 6).proportion_ci(method="wilson")
    assert (row["low"], row["high"]) == pytest.approx((expected.low, expected.high))


@pytest.mark.parametrize(("longer", "pairs", "fires"), [(91, 100, True), (9, 100, True), (55, 100, False)])
def test_it_fires_when_the_label_follows_length(longer, pairs, fires):
    row = confounding(longer_in(longer, pairs)).iloc[0]

    assert row["confounded"] == fires
    assert ("cannot tell signal from bias" in row["sentence"]) == fires


def test_the_sentence_names_the_right_direction():
    sentence = confounding(longer_in(10, 100, subset="math-prm"))["sentence"].iloc[0]

    assert sentence.startswith("math-prm: the chosen answer is the shorter one in 90% of 100 pairs")
    assert "right in 90%" in sentence


def test_few_pairs_are_not_judged():
    row = confounding(longer_in(19, 19)).iloc[0]

    assert not row["confounded"]
    assert "too few to tell" in row["sentence"]


def test_near_chance_and_undecided_are_told_apart():
    assert "close to chance" in confounding(longer_in(500, 1000))["sentence"].iloc[0]
    assert "More pairs would be needed" in confounding(longer_in(14, 24))["sentence"].iloc[0]


def test_a_pair_that_many_models_scored_counts_once():
    one = longer_in(60, 100)
    many = pd.concat([one.assign(model=f"m{i}") for i in range(9)], ignore_index=True)

    pd.testing.assert_frame_equal(confounding(many), confounding(one))


def test_pairs_of_one_prompt_are_not_independent():
    pairs = longer_in(75, 100).assign(prompt_id=np.repeat([f"prompt-{i}" for i in range(4)], 25))

    assert confounding(longer_in(75, 100))["confounded"].iloc[0]
    assert not confounding(pairs)["confounded"].iloc[0]


def test_subsets_are_judged_apart_and_together():
    pairs = pd.concat([longer_in(95, 100, subset="easy"), longer_in(5, 100, subset="hard")], ignore_index=True)
    pairs = pairs.assign(pair_id=pairs.index.astype(str), prompt_id=pairs.index.astype(str))

    table = confounding(pairs).set_index("subset")

    assert table["confounded"].to_dict() == {"easy": True, "hard": True, "all": False}


def test_equal_lengths_everywhere_are_too_few_to_tell():
    row = confounding(pairs_of(np.ones(50), np.ones(50))).iloc[0]

    assert np.isnan(row["share"])
    assert not row["confounded"]
    assert "0 pairs that differ" in row["sentence"]


def test_other_characteristics_are_named():
    pairs = longer_in(90, 100).rename(columns={"chosen_chars": "chosen_lists", "rejected_chars": "rejected_lists"})

    assert "the one with more lists in 90%" in confounding(pairs, "lists")["sentence"].iloc[0]


def test_a_missing_column_is_named():
    with pytest.raises(RewardDataError, match="'chosen_headers'"):
        confounding(longer_in(1, 2), "headers")


@pytest.mark.parametrize("pairs", [20, 40, 100])
def test_it_seldom_fires_where_label_and_length_are_independent(pairs):
    generator = np.random.default_rng(0)
    subset = np.repeat([f"subset-{i}" for i in range(500)], pairs)
    longer = generator.random(len(subset)) < 0.5

    table = confounding(pairs_of(np.where(longer, 2.0, 0.0), np.ones(len(subset)), subset=subset))

    assert table["confounded"].mean() < 0.015


def test_it_fires_on_real_mathematics(shared_data):
    with gzip.open(shared_data("rewardmath_math_prm.jsonl.gz"), "rt") as lines:
        rows = [json.loads(line) for line in lines]
    chosen, rejected = ([float(len(row[f"{side}_text"])) for row in rows] for side in ("chosen", "rejected"))

    row = confounding(pairs_of(chosen, rejected, subset="math-prm")).iloc[0]

    assert round(100 * row["less_is_right"]) == 91
    assert row["confounded"]
