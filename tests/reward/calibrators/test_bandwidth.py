import numpy as np
import pytest

from nbutils.reward.calibrators import Lowess, choose_frac
from nbutils.reward.calibrators.folds import fold_of_rows
from tests.reward.calibrators.made_pairs import linear, planted

CANDIDATES = (0.1, 0.3, 1.0)


def wavy(lengths):
    return 1.5 * np.sin(2.5 * np.log(lengths))


def test_error_is_that_of_scores_which_the_curve_did_not_see():
    lengths, scores, _ = planted(150, wavy, np.random.default_rng(0))
    prompts = np.arange(150) // 2
    fold = fold_of_rows(prompts, 4, seed=3)
    squared = np.empty((150, 2))
    for k in range(4):
        lowess = Lowess(frac=0.3).fit(lengths[fold != k], scores[fold != k])
        predicted = scores[fold != k].mean() + lowess.bias(lengths[fold == k])
        squared[fold == k] = (scores[fold == k] - predicted) ** 2

    table = choose_frac(lengths, scores, prompts, candidates=CANDIDATES, folds=4, seed=3).set_index("frac")

    assert table.loc[0.3, "error"] == pytest.approx(squared.mean())
    assert table["excess"].min() == 0
    assert table.loc[table["chosen"], "standard_error"].tolist() == [0.0]
    assert table["chosen"].sum() == 1


@pytest.mark.parametrize(("bias", "right"), [(wavy, {0.1, 0.3}), (linear, {1.0})])
def test_finds_a_curve_as_smooth_as_the_bias(bias, right):
    lengths, scores, _ = planted(1000, bias, np.random.default_rng(1))

    table = choose_frac(lengths, scores, np.arange(1000), candidates=CANDIDATES)

    assert set(table.loc[table["chosen"], "frac"]) <= right


def test_other_settings_are_kept():
    lengths, scores, _ = planted(200, linear, np.random.default_rng(2))
    scores[:20] += 60

    plain = choose_frac(lengths, scores, np.arange(200), settings=Lowess(iterations=0), candidates=CANDIDATES)
    robust = choose_frac(lengths, scores, np.arange(200), settings=Lowess(alpha=0.1), candidates=CANDIDATES)

    assert np.array_equal(robust, choose_frac(lengths, scores, np.arange(200), candidates=CANDIDATES))
    assert not np.allclose(plain["error"], robust["error"])
