import numpy as np
import pandas as pd
import pytest

from nbutils.reward.gains import gains, score_gains
from nbutils.reward.mean_gains import mean_gains
from tests.reward.made_margins import REWARDBENCH, made_margins


def test_means_are_over_models():
    margins = made_margins(models=5)

    table = mean_gains(margins, resamples=200)

    by_model = gains(margins, resamples=2)
    for row in table.itertuples():
        own = by_model.query("fit == @row.fit and subset == 'all'")["gain"]
        assert row.gain == pytest.approx(own.mean())
        assert (row.smallest, row.largest) == pytest.approx((own.min(), own.max()))
        assert (row.models, row.raised, row.prompts) == (5, (own > 0).sum(), 60)
        assert row.low < row.gain < row.high
    assert list(table["measure"]) == ["accuracy", "accuracy"]


def test_the_score_of_rewardbench_has_its_own_mean():
    margins = made_margins(models=3, subsets=REWARDBENCH)

    table = mean_gains(margins, resamples=100)

    by_model = score_gains(margins, resamples=2).query("section == 'score'")
    for row in table[table["measure"] == "score"].itertuples():
        own = by_model[by_model["fit"] == row.fit]["gain"]
        assert row.gain == pytest.approx(own.mean())
        assert row.low < row.gain < row.high
    assert set(table["measure"]) == {"accuracy", "score"}


def test_the_score_is_left_out_where_a_model_lacks_a_section():
    margins = made_margins(models=2, subsets=REWARDBENCH)
    lacking = (margins["model"] == "m1") & margins["subset"].str.startswith(("refusals", "xstest", "donot"))

    assert set(mean_gains(margins[~lacking], resamples=5)["measure"]) == {"accuracy"}


def test_models_that_gain_on_the_same_prompts_are_no_more_certain_than_one():
    one = made_margins(models=1, subsets=["all"] * 200)
    many = pd.concat([one.assign(model=f"m{i}") for i in range(10)], ignore_index=True)

    row, single = mean_gains(many, resamples=500).iloc[0], gains(one, resamples=500).iloc[0]

    assert row["gain"] == pytest.approx(single["gain"])
    assert row["high"] - row["low"] > 0.9 * (single["high"] - single["low"])


def test_models_with_prompts_of_their_own_are_averaged():
    one, other = made_margins(models=1, seed=1), made_margins(models=1, seed=2)
    other = other.assign(model="m1", pair_id="b" + other["pair_id"], prompt_id="b" + other["prompt_id"])
    margins = pd.concat([one, other], ignore_index=True)

    row = mean_gains(margins, resamples=200).iloc[0]

    expected = gains(margins, resamples=2).query("subset == 'all' and fit == @row.fit")["gain"].mean()
    assert row["gain"] == pytest.approx(expected)
    assert row["low"] < row["gain"] < row["high"]


def test_one_model_has_no_interval_over_models():
    row = mean_gains(made_margins(models=1), resamples=20).iloc[0]

    assert row["models"] == 1
    assert np.isnan([row["low"], row["high"]]).all()
