import numpy as np
import pytest

from nbutils.reward.calibrators import LengthPenalty, Lowess, PenaltyThenLowess
from nbutils.statistics.lowess import lowess, lowess_curve
from tests.reward.calibrators.made_pairs import linear, logarithmic, planted, saturating


@pytest.mark.parametrize("bias", [logarithmic, saturating, linear])
def test_a_planted_bias_is_recovered(bias):
    lengths, scores, quality = planted(3000, bias, np.random.default_rng(0))
    true = bias(lengths[..., 0])
    usual = (lengths[..., 0] > np.quantile(lengths, 0.02)) & (lengths[..., 0] < np.quantile(lengths, 0.98))

    calibrator = Lowess(frac=0.3).fit(lengths, scores)
    error = calibrator.bias(lengths) - (true - true.mean())
    calibrated = calibrator.transform(lengths, scores)

    assert np.abs(error[usual]).max() < 0.15
    assert np.corrcoef(calibrated.ravel(), quality.ravel())[0, 1] > 0.98
    assert np.corrcoef(scores.ravel(), quality.ravel())[0, 1] < 0.85


def test_is_lowess_of_all_responses_interpolated():
    lengths, scores, _ = planted(300, logarithmic, np.random.default_rng(1))
    values, fitted = lowess_curve(lengths.ravel(), scores.ravel(), frac=0.4)
    at = np.array([-5.0, 100.5, 333.3, 1e6])

    bias = Lowess(frac=0.4).fit(lengths, scores).bias(at[:, None])

    mean = lowess(lengths.ravel(), scores.ravel(), frac=0.4).mean()
    np.testing.assert_allclose(bias, np.interp(at, values, fitted) - mean, atol=1e-12)
    assert bias[-1] + mean == pytest.approx(fitted[-1])


def test_half_of_the_bias():
    lengths, scores, _ = planted(300, logarithmic, np.random.default_rng(1))
    whole = Lowess().fit(lengths, scores).transform(lengths, scores)

    half = Lowess(alpha=0.5).fit(lengths, scores).transform(lengths, scores)

    np.testing.assert_allclose(half, (scores + whole) / 2, atol=1e-12)


def test_a_penalty_before_changes_nothing_at_full_strength():
    """Local lines take up a line whole, so that the paper's LWR-Penalty can differ from RC-LWR by a fault alone."""
    lengths, scores, _ = planted(300, logarithmic, np.random.default_rng(2), noise=1.0)
    alone = Lowess(frac=0.3).fit(lengths, scores)
    after = PenaltyThenLowess(frac=0.3, rate=0.004).fit(lengths, scores)

    np.testing.assert_allclose(after.transform(lengths, scores), alone.transform(lengths, scores), atol=1e-9)
    np.testing.assert_allclose(after.curve()["bias"], alone.curve()["bias"], atol=1e-9)


def test_alpha_is_the_strength_of_the_curve_after_a_full_penalty():
    lengths, scores, _ = planted(300, logarithmic, np.random.default_rng(2), noise=1.0)
    penalised = LengthPenalty(rate=0.004).fit(lengths, scores).transform(lengths, scores)
    expected = Lowess(alpha=0.25).fit(lengths, penalised).transform(lengths, penalised)

    calibrated = PenaltyThenLowess(alpha=0.25, rate=0.004).fit(lengths, scores).transform(lengths, scores)
    nothing = PenaltyThenLowess(alpha=0, rate=0.004).fit(lengths, scores).transform(lengths, scores)

    np.testing.assert_allclose(calibrated, expected, atol=1e-12)
    np.testing.assert_allclose(nothing, penalised, atol=1e-12)
