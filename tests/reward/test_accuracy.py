import gzip
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from nbutils.reward.accuracy import CELL, accuracy, best_of_accuracy, clustered_shares
from tests.reward.made_margins import made_margins, margins_of

MARGINS = st.lists(st.sampled_from([-2.0, -0.5, 0.0, 0.5, 2.0]), min_size=2, max_size=40)


def test_accuracy_by_subset_against_a_plain_count():
    margins = made_margins()

    table = accuracy(margins)

    assert len(table) == 2 * 3 * 3
    assert (table["ties"] > 0).any()
    for row in table.itertuples():
        own = [
            r.margin
            for r in margins.itertuples()
            if (r.model, r.method, r.fit) == (row.model, row.method, row.fit) and row.subset in (r.subset, "all")
        ]
        assert row.n == row.prompts == len(own)
        assert row.accuracy == pytest.approx(sum(margin > 0 for margin in own) / len(own))
        assert row.ties == sum(margin == 0 for margin in own)


def test_all_is_not_told_twice():
    assert list(accuracy(margins_of([1, -1, 2]))["subset"]) == ["all"]


@pytest.mark.parametrize("right", [0, 1, 7, 20])
def test_interval_is_wilsons_where_every_prompt_has_one_pair(right):
    row = accuracy(margins_of([1] * right + [-1] * (20 - right))).iloc[0]

    expected = binomtest(right, 20).proportion_ci(method="wilson")
    assert (row["low"], row["high"]) == pytest.approx((expected.low, expected.high), abs=1e-12)


@pytest.mark.parametrize("right", [0, 3, 10])
def test_pairs_that_repeat_within_a_prompt_do_not_narrow_the_interval(right):
    once = margins_of([1] * right + [-1] * (10 - right))
    fourfold = margins_of(np.repeat(once["margin"], 4), prompt=np.repeat(np.arange(10), 4))

    one, four = accuracy(once).iloc[0], accuracy(fourfold).iloc[0]

    assert four["n"] == 40
    assert (four["low"], four["high"]) == pytest.approx((one["low"], one["high"]))


def test_pairs_that_differ_within_a_prompt_count_no_more_than_independent_ones():
    row = accuracy(margins_of([1, -1] * 10, prompt=np.arange(20) // 2)).iloc[0]

    expected = binomtest(10, 20).proportion_ci(method="wilson")
    assert (row["low"], row["high"]) == pytest.approx((expected.low, expected.high))


def test_effective_number_of_pairs_is_that_of_the_variance_over_prompts():
    generator = np.random.default_rng(0)
    prompt = generator.integers(0, 30, 100)
    hit = (generator.random(30)[prompt] < generator.random(100)).astype(float)
    rows = margins_of(hit, prompt).assign(hit=hit)

    table = clustered_shares(rows, ["subset"]).iloc[0]

    share = hit.mean()
    residuals = [(hit[prompt == i] - share).sum() for i in np.unique(prompt)]
    effective = share * (1 - share) / (np.square(residuals).sum() / 100**2)
    centre = (share + 1.959964**2 / (2 * effective)) / (1 + 1.959964**2 / effective)
    assert effective < 100
    assert (table["low"] + table["high"]) / 2 == pytest.approx(centre, abs=1e-6)


@settings(max_examples=25)
@given(MARGINS)
def test_swapping_all_answers_swaps_right_and_wrong(margin):
    one, other = accuracy(margins_of(margin)).iloc[0], accuracy(margins_of(-np.array(margin))).iloc[0]

    assert one["accuracy"] + other["accuracy"] + one["ties"] / one["n"] == pytest.approx(1)


@settings(max_examples=25)
@given(MARGINS, st.floats(0.01, 100), st.randoms())
def test_neither_the_unit_of_the_score_nor_the_order_of_rows_matters(margin, unit, random):
    margins = margins_of(margin)
    order = list(range(len(margin)))
    random.shuffle(order)

    one, other = accuracy(margins), accuracy(margins.iloc[order].assign(margin=lambda rows: rows["margin"] * unit))

    assert one.equals(other)


def test_a_prompt_is_right_when_all_of_its_pairs_are():
    margins = margins_of([1, 2, 3, 1, -1, 2, 0, 1, 1, 5], prompt=[0, 0, 0, 1, 1, 1, 2, 2, 2, 3])

    row = best_of_accuracy(margins).iloc[0]

    assert (row["n"], row["accuracy"], row["ties"]) == (4, 0.5, 1)
    assert row["chance"] == pytest.approx((3 * 0.25 + 0.5) / 4)
    expected = binomtest(2, 4).proportion_ci(method="wilson")
    assert (row["low"], row["high"]) == pytest.approx((expected.low, expected.high))


def test_best_of_is_accuracy_where_every_prompt_has_one_pair():
    margins = made_margins()

    one, other = accuracy(margins), best_of_accuracy(margins)

    keys = [*CELL, "subset", "n", "accuracy", "low", "high", "ties", "chance"]
    assert one[keys].equals(other[keys].astype({"n": one["n"].dtype, "ties": one["ties"].dtype}))


def test_real_reward_models_on_math(shared_data):
    with gzip.open(shared_data("rewardmath_math_prm.jsonl.gz"), "rt") as lines:
        scores = [json.loads(line)["scores"]["internlm2"] for line in lines]

    row = accuracy(margins_of([score["chosen"] - score["rejected"] for score in scores])).iloc[0]

    assert row["n"] == 447
    assert round(100 * row["accuracy"], 1) == 92.8
