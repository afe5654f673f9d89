"""Several characteristics removed together."""

import numpy as np
import pytest

from nbutils.reward.calibrators import Lowess, PenaltyThenLowess
from nbutils.reward.calibrators.additive import additive_fit
from nbutils.statistics.lowess import neighbours, robustness_weights, weighted_fit
from tests.reward.calibrators.made_pairs import logarithmic, planted


def two_characteristics(pairs, generator):
    """Lengths, and headers of which longer responses have more; both have a bias of their own."""
    lengths, scores, quality = planted(pairs, logarithmic, generator)
    headers = generator.poisson(lengths / 300).clip(0, 12)
    return np.concatenate([lengths, headers], axis=-1), scores + 0.3 * headers[..., 0], quality


def backfitted(columns, y, frac, rounds, sweeps):
    """Buja, Hastie and Tibshirani's backfitting by plain repetition."""
    designs = [neighbours(column, frac=frac) for column in columns]
    parts, weights = np.zeros((len(columns), y.size)), np.ones(y.size)
    for _ in range(rounds + 1):
        for _ in range(sweeps):
            for i, design in enumerate(designs):
                rest = y - parts.sum(0) + parts[i]
                parts[i] = weighted_fit(design, rest, weights)[design.value_of_point]
                parts[i] -= parts[i].mean()
        level = np.average(y - parts.sum(0), weights=weights)
        weights = robustness_weights(y, parts.sum(0) + level)
    return parts


@pytest.mark.parametrize("rounds", [0, 2])
def test_agrees_with_plain_backfitting(rounds):
    values, scores, _ = two_characteristics(150, np.random.default_rng(0))
    columns, y = values.reshape(-1, 2).T, scores.ravel()

    curves = additive_fit([neighbours(column, frac=0.5) for column in columns], y, rounds)

    expected = backfitted(columns, y, 0.5, rounds, sweeps=300)
    for column, curve, part in zip(columns, curves, expected, strict=True):
        np.testing.assert_allclose(np.interp(column, np.unique(column), curve), part, atol=1e-5)


def test_each_bias_is_told_from_the_other_where_removing_them_in_turn_confounds_them():
    values, scores, quality = two_characteristics(4000, np.random.default_rng(1))

    jointly = Lowess(frac=0.3).fit(values, scores)
    curve = jointly.curve()
    headers = curve[curve["characteristic"] == 1]

    slope = np.polyfit(headers["value"], headers["bias"], 1)[0]
    assert slope == pytest.approx(0.3, abs=0.03)
    first = Lowess(frac=0.3).fit(values[..., :1], scores)
    left = first.transform(values[..., :1], scores)
    second = Lowess(frac=0.3).fit(values[..., 1:], left)
    in_turn = second.transform(values[..., 1:], left)
    assert np.polyfit(second.curve()["value"], second.curve()["bias"], 1)[0] < 0.2

    def agreement(calibrated):
        return np.corrcoef(calibrated.ravel(), quality.ravel())[0, 1]

    assert agreement(jointly.transform(values, scores)) > agreement(in_turn) + 0.005


def test_order_of_characteristics_does_not_matter():
    values, scores, _ = two_characteristics(300, np.random.default_rng(2))

    there = Lowess().fit(values, scores).bias(values)
    back = Lowess().fit(values[..., ::-1], scores).bias(values[..., ::-1])

    np.testing.assert_allclose(there, back, atol=1e-5)


@pytest.mark.filterwarnings("error")
def test_a_characteristic_that_is_always_the_same_or_told_twice_does_no_harm():
    values, scores, _ = two_characteristics(300, np.random.default_rng(3))
    with_constant = np.concatenate([values, np.full((300, 2, 1), 4.0)], axis=-1)
    twice = np.concatenate([values, 2 * values[..., :1] + 1], axis=-1)

    alone = Lowess().fit(values, scores).bias(values)

    np.testing.assert_allclose(Lowess().fit(with_constant, scores).bias(with_constant), alone, atol=1e-5)
    assert np.abs(Lowess().fit(twice, scores).bias(twice) - alone).max() < 0.3


def test_each_characteristic_has_its_delta():
    values, scores, _ = two_characteristics(300, np.random.default_rng(4))
    exact = Lowess(frac=0.8).fit(values, scores).bias(values)

    one_for_each = Lowess(frac=0.8, delta=[20.0, 0.0]).fit(values, scores).bias(values)
    far_too_wide = Lowess(frac=0.8, delta=1e9).fit(values, scores).bias(values)

    assert 0 < np.abs(one_for_each - exact).max() < 0.02
    assert np.abs(far_too_wide - exact).max() > 0.1


def test_a_penalty_on_one_of_several():
    values, scores, _ = two_characteristics(300, np.random.default_rng(5))

    after = PenaltyThenLowess(column=0, rate=0.002).fit(values, scores)

    np.testing.assert_allclose(after.bias(values), Lowess().fit(values, scores).bias(values), atol=1e-5)
    assert set(after.curve()["characteristic"]) == {0, 1}
