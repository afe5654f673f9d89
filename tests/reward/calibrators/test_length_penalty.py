import numpy as np
import pytest

from nbutils.reward.calibrators import LengthPenalty, Uncalibrated
from tests.reward.calibrators.made_pairs import linear, planted


def test_takes_a_thousandth_for_each_character():
    lengths, scores, _ = planted(50, linear, np.random.default_rng(0))

    calibrated = LengthPenalty().fit(lengths, scores).transform(lengths, scores)

    raw = scores - 0.001 * lengths[..., 0]
    np.testing.assert_allclose(calibrated[:, 0] - calibrated[:, 1], raw[:, 0] - raw[:, 1], atol=1e-12)


def test_knows_its_column():
    lengths, scores, _ = planted(50, linear, np.random.default_rng(0))
    both = np.concatenate([np.ones_like(lengths), lengths], axis=-1)

    penalty = LengthPenalty(column=1, rate=0.002).fit(both, scores)

    assert np.array_equal(penalty.bias(both), LengthPenalty(rate=0.002).fit(lengths, scores).bias(lengths))
    assert penalty.curve()["characteristic"].tolist() == [1, 1]


def test_uncalibrated_leaves_scores():
    lengths, scores, _ = planted(50, linear, np.random.default_rng(0))
    both = np.concatenate([np.ones_like(lengths), lengths], axis=-1)
    calibrator = Uncalibrated().fit(both, scores)

    assert np.array_equal(calibrator.transform(both, scores), scores)
    assert calibrator.curve()["characteristic"].tolist() == [0, 0, 1, 1]
    assert calibrator.curve()["bias"].eq(0).all()
    with pytest.raises(ValueError, match="2 characteristics"):
        calibrator.bias(lengths)
