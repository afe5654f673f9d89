import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from nbutils.reward.temperature import temperature, temperature_interval, tempered


def made(pairs=2000, true=2.0, scale=2.0, seed=0):
    """Margins whose probabilities are true once divided by a temperature."""
    generator = np.random.default_rng(seed)
    size = np.abs(generator.normal(0, scale, pairs))
    return np.where(generator.random(pairs) < expit(size / true), size, -size)


def test_it_is_the_slope_of_a_logistic_regression_on_both_orders():
    margins = made()

    both, first_is_better = np.concatenate([margins, -margins])[:, None], np.repeat([1, 0], len(margins))
    regression = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-10).fit(both, first_is_better)

    assert temperature(margins) == pytest.approx(1 / regression.coef_[0, 0], rel=1e-5)


@settings(max_examples=30)
@given(st.floats(0.01, 1000), st.integers(0, 10))
def test_it_has_the_unit_of_the_score(unit, seed):
    margins = made(200, seed=seed)

    assert temperature(unit * margins) == pytest.approx(unit * temperature(margins), rel=1e-6)


def test_it_is_bounded_where_all_are_right_or_more_is_wrong_than_right():
    assert temperature(np.array([1.0, 3.0])) == pytest.approx(2 / 100)
    assert temperature(np.array([-1.0, -3.0, 1.0])) == pytest.approx(5 / 3 * 100)
    assert temperature(np.zeros(5)) == 1
    for margins in ([1.0, 3.0], [-1.0, -3.0, 1.0], [0.0, 0.0]):
        assert np.isnan(temperature_interval(np.array(margins), np.arange(len(margins)))).all()


def test_the_interval_covers_the_truth_as_often_as_it_says():
    ends = np.array([temperature_interval(made(300, seed=seed), np.arange(300)) for seed in range(200)])

    covered = (ends[:, 0] <= 2) & (ends[:, 1] >= 2)
    assert 0.91 < covered.mean() < 0.99


def test_pairs_that_repeat_within_a_prompt_do_not_narrow_the_interval():
    margins = made(200)

    once = temperature_interval(margins, np.arange(200))
    thrice = temperature_interval(np.repeat(margins, 3), np.repeat(np.arange(200), 3))

    assert thrice == pytest.approx(once)


def test_the_interval_is_open_where_no_preference_cannot_be_excluded():
    low, high = temperature_interval(np.array([1.0, -1.2, 2.0, -0.8, 1.5, -1.0]), np.arange(6))

    assert np.isfinite(low)
    assert high == np.inf


def test_no_prompt_is_tempered_by_itself():
    margins, prompt = made(60), np.repeat(np.arange(20), 3)
    one = tempered(margins, prompt, folds=4)

    changed = margins.copy()
    changed[prompt == 7] *= -5
    other = tempered(changed, prompt, folds=4)

    used = margins / one
    assert (changed / other)[prompt == 7] == pytest.approx(used[prompt == 7])
    others_changed = ~np.isclose(changed / other, used)
    assert others_changed.sum() == 45
    for i in range(20):
        assert np.ptp(used[prompt == i]) == pytest.approx(0)


def test_more_folds_than_prompts_are_refused():
    with pytest.raises(ValueError, match="3 prompts cannot be split into 5 folds"):
        tempered(np.ones(3), np.arange(3), folds=5)
