import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from nbutils.reward.accuracy import accuracy
from nbutils.reward.errors import RewardDataError
from nbutils.reward.gains import changes, gains, resampled_gains, score_gains
from nbutils.reward.sections import section_scores
from nbutils.statistics import percentile_interval
from tests.reward.made_margins import REWARDBENCH, made_margins, margins_of


def before_and_after(before, after, prompt=None):
    """Margins of one model as scored and with one method."""
    return pd.concat(
        [margins_of(before, prompt), margins_of(after, prompt).assign(method="rc", fit="cross-fitted")],
        ignore_index=True,
    )


def test_changes_against_a_plain_count():
    margins = made_margins(per_prompt=3)
    right = {(r.model, r.method, r.fit, r.pair_id): r.margin > 0 for r in margins.itertuples()}

    table = changes(margins)

    assert set(table["method"]) == {"rc"}
    of_prompt = margins.assign(prompt=pd.factorize(margins["prompt_id"])[0]).groupby(
        ["model", "method", "fit", "subset", "prompt"], observed=True
    )["pair_id"]
    for row in table.sample(60, random_state=0).itertuples():
        pairs = of_prompt.get_group((row.model, row.method, row.fit, row.subset, row.prompt))
        after = [right[row.model, row.method, row.fit, pair] for pair in pairs]
        before = [right[row.model, "none", "in-sample", pair] for pair in pairs]
        assert row.pairs == len(pairs)
        assert row.better == sum(a and not b for a, b in zip(after, before, strict=True))
        assert row.worse == sum(b and not a for a, b in zip(after, before, strict=True))
        assert row.net == row.better - row.worse


def test_gain_is_the_difference_of_accuracies_and_ties_are_not_right():
    margins = made_margins(per_prompt=2)

    table = gains(margins, resamples=50)

    shares = accuracy(margins).set_index(["model", "method", "fit", "subset"])["accuracy"]
    for row in table.itertuples():
        before = shares[row.model, "none", "in-sample", row.subset]
        after = shares[row.model, row.method, row.fit, row.subset]
        assert row.gain == pytest.approx(100 * (after - before))
        assert row.low <= row.gain <= row.high
        assert row.gain == pytest.approx(100 * (row.better - row.worse) / row.n)
    assert len(table) == 2 * 2 * 3


def test_order_of_rows_does_not_matter():
    margins = made_margins()

    one, other = gains(margins, resamples=50), gains(margins.sample(frac=1, random_state=0), resamples=50)

    key = ["model", "method", "fit", "subset"]
    pd.testing.assert_frame_equal(one.set_index(key).sort_index(), other.set_index(key).sort_index())


def test_interval_is_that_of_prompts_drawn_one_by_one():
    generator = np.random.default_rng(0)
    clusters = np.column_stack([generator.integers(-2, 4, 80), generator.integers(3, 6, 80)])
    size = clusters[:, 1].mean()
    pool = np.vstack([clusters, [[size, size], [-size, size]]])

    samples = resampled_gains(clusters, 20_000, np.random.default_rng(1))[:, 0]

    drawn = pool[generator.integers(0, len(pool), (20_000, len(pool)))].sum(1)
    one_by_one = 100 * drawn[:, 0] / drawn[:, 1]
    assert samples.mean() == pytest.approx(one_by_one.mean(), abs=0.2)
    np.testing.assert_allclose(percentile_interval(samples), percentile_interval(one_by_one), atol=0.5)


def test_models_are_resampled_on_the_same_prompts():
    generator = np.random.default_rng(0)
    net = generator.integers(-1, 2, 500)
    clusters = np.column_stack([net, -net, np.ones((500, 2), dtype=int)])

    samples = resampled_gains(clusters, 200, np.random.default_rng(0))

    assert samples.shape == (200, 2)
    assert np.corrcoef(samples.T)[0, 1] < -0.98


def test_many_kinds_of_prompts_are_drawn_in_parts(monkeypatch):
    clusters = np.column_stack([np.arange(50), np.full(50, 60)])
    whole = resampled_gains(clusters, 40, np.random.default_rng(0))

    monkeypatch.setattr("nbutils.reward.gains.MOST_DRAWN_AT_ONCE", 300)

    np.testing.assert_array_equal(resampled_gains(clusters, 40, np.random.default_rng(0)), whole)


def test_an_interval_has_a_width_where_nothing_changed():
    row = gains(before_and_after([1, -1] * 20, [2, -2] * 20)).iloc[0]

    assert row["gain"] == 0
    assert row["low"] < 0 < row["high"]
    assert row["p"] == 1


def test_p_is_mcnemars_exact_test():
    row = gains(before_and_after([-1] * 12 + [1] * 30, [1] * 12 + [-1] * 3 + [1] * 27)).iloc[0]

    assert (row["better"], row["worse"]) == (12, 3)
    assert row["p"] == pytest.approx(binomtest(3, 15).pvalue)


def test_p_counts_a_prompt_once():
    before, after = np.repeat([-1, -1, 1], 5), np.repeat([1, 1, -1], 5)

    row = gains(before_and_after(before, after, prompt=np.repeat(np.arange(3), 5))).iloc[0]

    assert (row["n"], row["prompts"]) == (15, 3)
    assert row["p"] == pytest.approx(binomtest(1, 3).pvalue)


def test_score_gains_are_differences_of_section_scores():
    margins = made_margins(models=1, subsets=REWARDBENCH)

    table = score_gains(margins, resamples=50)

    scores = section_scores(margins).set_index(["method", "fit", "section"])["score"]
    assert set(table["section"]) == {"Chat", "Chat Hard", "Safety", "Reasoning", "score"}
    for row in table.itertuples():
        before, after = scores["none", "in-sample", row.section], scores[row.method, row.fit, row.section]
        assert row.gain == pytest.approx(100 * (after - before))
        assert row.low < row.gain < row.high


def test_a_score_needs_all_sections():
    table = score_gains(made_margins(models=1, subsets=["llmbar-natural"] * 30))

    assert set(table["section"]) == {"Chat Hard"}


def test_pairs_without_margins_as_scored_are_refused():
    margins = before_and_after([1, 1, 1], [1, 1, 1])

    with pytest.raises(RewardDataError, match="pair 'pair-1' has no row"):
        gains(margins.drop(1))


def test_pairs_scored_twice_are_refused():
    margins = before_and_after([1, 1, 1], [1, 1, 1])

    with pytest.raises(RewardDataError, match="pair 'pair-2' has several rows"):
        gains(pd.concat([margins, margins.iloc[[2]]]))


@pytest.mark.slow
@pytest.mark.parametrize(("better", "worse"), [(0.02, 0.02), (0.05, 0.02), (0.15, 0.05)])
@pytest.mark.parametrize("pairs", [50, 350])
def test_the_interval_covers_the_gain(pairs, better, worse):
    generator = np.random.default_rng(0)
    covered = []
    for _ in range(400):
        counts = generator.multinomial(pairs, [better, worse, 1 - better - worse])
        clusters = np.column_stack([np.repeat([1, -1, 0], counts), np.ones(pairs, dtype=int)])
        low, high = percentile_interval(resampled_gains(clusters, 300, generator)[:, 0])
        covered.append(low <= 100 * (better - worse) <= high)

    assert np.mean(covered) > 0.92
