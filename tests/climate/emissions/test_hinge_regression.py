import itertools

import numpy as np
import pandas as pd
import pytest

from nbutils.climate.emissions import HingeRegression
from nbutils.climate.emissions.daily_ratio import training_days
from tests.climate.emissions.made import made_days


def plain_fit(known, ratio, step):
    """Every pair of knots by ordinary least squares with a dummy for every month."""
    temperature = known["temperature_c"].to_numpy()
    months = pd.get_dummies(known.index.to_period("M")).to_numpy(float)
    weekdays = pd.get_dummies(known["weekday"]).to_numpy(float)[:, 1:]
    low, high = np.quantile(temperature, [0.05, 0.95])
    best = None
    for first, second in itertools.combinations_with_replacement(np.arange(low, high, step), 2):
        hinges = np.maximum(first - temperature, 0), np.maximum(temperature - second, 0)
        design = np.column_stack([*hinges, weekdays, known["is_holiday"], months])
        coefficients = np.linalg.lstsq(design, ratio.to_numpy())[0]
        squares = ((ratio - design @ coefficients) ** 2).sum()
        if best is None or squares < best[0]:
            best = squares, first, second, coefficients[:9]
    return best


def test_the_best_of_all_pairs_of_knots():
    known, ratio = training_days(made_days(end="2019-12-31"))

    fitted = HingeRegression(step_c=4.0).fit(known, ratio)

    squares, low, high, coefficients = plain_fit(known, ratio, 4.0)
    assert (fitted.low_c_, fitted.high_c_) == pytest.approx((low, high))
    np.testing.assert_allclose(fitted.coefficients_, coefficients, rtol=1e-6, atol=1e-9)
    assert ((ratio - fitted.predict(known)) ** 2).sum() == pytest.approx(squares)


def test_the_knots_that_were_planted():
    generator = np.random.default_rng(1)
    series = made_days(noise=0.0)
    temperature = series["temperature_c"]
    band = 1 + 0.02 * np.maximum(10 - temperature, 0) + 0.03 * np.maximum(temperature - 18, 0)
    series["value"] = band + 0.005 * generator.normal(size=len(series))

    fitted = HingeRegression().fit(*training_days(series))

    assert fitted.low_c_ == pytest.approx(10, abs=1)
    assert fitted.high_c_ == pytest.approx(18, abs=1)


def test_a_v_has_one_knot():
    fitted = HingeRegression().fit(*training_days(made_days(noise=0.005, turn=14.0)))

    assert fitted.high_c_ - fitted.low_c_ <= 1.0
    assert fitted.low_c_ == pytest.approx(14, abs=1)


def test_constant_temperature_leaves_weekdays():
    series = made_days(noise=0.0, heating=0.0, cooling=0.0).assign(temperature_c=12.0)

    fitted = HingeRegression().fit(*training_days(series))

    assert fitted.coefficients_[:2] == pytest.approx([0, 0], abs=1e-12)
    assert fitted.coefficients_[7] == pytest.approx(-0.10, abs=0.005)


def test_a_shift_of_temperature_shifts_the_knots():
    series = made_days()
    known, ratio = training_days(series)
    moved, _ = training_days(series.assign(temperature_c=series["temperature_c"] + 7.5))

    first, second = HingeRegression().fit(known, ratio), HingeRegression().fit(moved, ratio)

    assert second.low_c_ == pytest.approx(first.low_c_ + 7.5)
    np.testing.assert_allclose(second.coefficients_, first.coefficients_, rtol=1e-8)
