"""What all calibrators share."""

import numpy as np
import pytest

from nbutils.reward.calibrators import LengthPenalty, Lowess, PenaltyThenLowess, Uncalibrated, WindowMean
from tests.reward.calibrators.made_pairs import logarithmic, planted

CALIBRATORS = [
    Uncalibrated(),
    LengthPenalty(),
    LengthPenalty(alpha=0.3),
    WindowMean(),
    WindowMean(ratio=8, fewest=10, alpha=0.7),
    Lowess(),
    Lowess(frac=0.2, iterations=0),
    Lowess(alpha=0.4, delta=20.0),
    PenaltyThenLowess(),
    PenaltyThenLowess(alpha=0.5, rate=0.003),
]
every_calibrator = pytest.mark.parametrize("calibrator", CALIBRATORS, ids=str)


@pytest.fixture
def pairs():
    lengths, scores, _ = planted(400, logarithmic, np.random.default_rng(0))
    return lengths, scores


@every_calibrator
def test_order_of_pairs_and_of_the_two_responses_does_not_matter(calibrator, pairs):
    lengths, scores = pairs
    generator = np.random.default_rng(1)
    order, swap = generator.permutation(400), generator.random(400) < 0.5
    expected = calibrator.fit(lengths, scores).transform(lengths, scores)

    def shuffled(array):
        return np.where(swap.reshape(-1, *[1] * (array.ndim - 1)), array[:, ::-1], array)[order]

    calibrated = calibrator.fit(shuffled(lengths), shuffled(scores)).transform(lengths, scores)

    np.testing.assert_allclose(calibrated, expected, rtol=0, atol=1e-9)


@every_calibrator
def test_a_constant_added_to_all_scores_stays_and_changes_nothing_else(calibrator, pairs):
    lengths, scores = pairs
    expected = calibrator.fit(lengths, scores).transform(lengths, scores)

    calibrated = calibrator.fit(lengths, scores + 7).transform(lengths, scores + 7)

    np.testing.assert_allclose(calibrated, expected + 7, rtol=0, atol=1e-9)


@every_calibrator
def test_the_mean_of_scores_stays(calibrator, pairs):
    lengths, scores = pairs
    calibrator.fit(lengths, scores)

    assert calibrator.transform(lengths, scores).mean() == pytest.approx(scores.mean())
    if not isinstance(calibrator, WindowMean):  # which leaves pairs with a thin window out
        assert calibrator.bias(lengths).mean() == pytest.approx(0, abs=1e-12)


@every_calibrator
def test_the_curve_is_the_bias_at_fitted_values(calibrator, pairs):
    lengths, scores = pairs
    curve = calibrator.fit(lengths, scores).curve()

    assert list(curve.columns) == ["characteristic", "value", "bias"]
    assert set(curve["characteristic"]) == {0}
    assert curve["value"].is_monotonic_increasing
    assert curve["value"].iloc[[0, -1]].tolist() == [lengths.min(), lengths.max()]
    np.testing.assert_allclose(calibrator.bias(curve[["value"]].to_numpy()), curve["bias"], rtol=0, atol=1e-12)


@every_calibrator
@pytest.mark.filterwarnings("error")
def test_equal_lengths_have_no_bias(calibrator, pairs):
    _, scores = pairs
    lengths = np.full((400, 2, 1), 512.0)
    calibrator.fit(lengths, scores)

    np.testing.assert_allclose(calibrator.bias(lengths), 0, atol=1e-12)
    np.testing.assert_allclose(calibrator.transform(lengths, scores), scores, rtol=0, atol=1e-12)
    assert np.isfinite(calibrator.curve()["bias"]).all()


@every_calibrator
def test_shapes(calibrator, pairs):
    lengths, scores = pairs
    calibrator.fit(lengths, scores)

    assert calibrator.bias(lengths[:, 0]).shape == (400,)
    assert calibrator.bias(np.full(1, 300.0)).shape == ()
    assert calibrator.bias(np.full((3, 4, 1), 300.0)).shape == (3, 4)


@every_calibrator
@pytest.mark.parametrize(
    ("values", "scores", "message"),
    [
        (np.ones((19, 2, 1)), np.ones((19, 2)), "19 pairs are too few"),
        (np.ones((30, 2)), np.ones((30, 2)), "do not fit"),
        (np.ones((30, 2, 0)), np.ones((30, 2)), "do not fit"),
        (np.ones((30, 3, 1)), np.ones((30, 3)), "do not fit"),
        (np.ones((30, 2, 1)), np.ones((31, 2)), "do not fit"),
        (np.ones((30, 2, 1)), np.where(np.arange(60) == 9, np.nan, 1.0).reshape(30, 2), "score of pair 4 is nan"),
        (
            np.where(np.arange(60) == 9, np.inf, 1.0).reshape(30, 2, 1),
            np.ones((30, 2)),
            "characteristic of pair 4 is inf",
        ),
    ],
)
def test_refuses_pairs(calibrator, values, scores, message):
    with pytest.raises(ValueError, match=message):
        calibrator.fit(values, scores)


def test_refuses_to_tell_a_bias_that_was_not_fitted(pairs):
    with pytest.raises(ValueError, match="Lowess is not fitted"):
        Lowess().bias(pairs[0])
    with pytest.raises(ValueError, match="1 characteristics"):
        Lowess().fit(*pairs).bias(np.ones((5, 2, 3)))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (lambda: Lowess(frac=0), "frac is 0"),
        (lambda: Lowess(frac=1.01), "frac is 1.01"),
        (lambda: Lowess(frac=float("nan")), "frac is nan"),
        (lambda: PenaltyThenLowess(frac=2), "frac is 2"),
        (lambda: Lowess(iterations=-1), "iterations is -1"),
        (lambda: Lowess(alpha=-0.5), "alpha is -0.5"),
        (lambda: Uncalibrated(alpha=float("nan")), "alpha is nan"),
        (lambda: WindowMean(ratio=0), "ratio is 0"),
        (lambda: WindowMean(fewest=0), "fewest is 0"),
        (lambda: Lowess(delta=-1).fit(np.ones((30, 2, 1)), np.ones((30, 2))), "delta is -1"),
        (lambda: Lowess(delta=[1, 2]).fit(np.ones((30, 2, 1)), np.ones((30, 2))), "2 entries for 1 characteristics"),
        (lambda: LengthPenalty(column=1).fit(np.ones((30, 2, 1)), np.ones((30, 2))), "column is 1"),
    ],
)
def test_refuses_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        settings()
