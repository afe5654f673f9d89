import numpy as np
import pytest

from nbutils.reward.calibrators import WindowMean
from tests.reward.calibrators.made_pairs import planted, saturating


@pytest.mark.parametrize(("ratio", "fewest"), [(4, 20), (8, 10), (4, 1)])
def test_agrees_with_the_definition(ratio, fewest):
    lengths, scores, _ = planted(120, saturating, np.random.default_rng(0))
    width = np.mean(np.abs(lengths[:, 0, 0] - lengths[:, 1, 0])) / ratio
    expected = np.zeros((120, 2))
    for pair in range(120):
        windows = [scores[np.abs(lengths[..., 0] - at) <= width] for at in lengths[pair, :, 0]]
        if min(map(len, windows)) >= fewest:
            expected[pair] = [window.mean() for window in windows]
    known = expected.any(axis=1)
    expected[known] -= expected[known].mean()  # so that scores keep their mean

    calibrated = WindowMean(ratio=ratio, fewest=fewest).fit(lengths, scores).transform(lengths, scores)

    np.testing.assert_allclose(calibrated, scores - expected, rtol=0, atol=1e-12)
    assert known.any()
    assert known.all() == (fewest == 1)


def test_the_window_holds_its_ends_and_the_last_response():
    lengths = np.tile([[0.0], [8.0]], (20, 1, 1))
    lengths[-1, 1] = 10
    scores = np.zeros((20, 2))
    scores[-1, 1] = 40  # the longest response alone is scored

    calibrator = WindowMean(ratio=4.05, fewest=1).fit(lengths, scores)  # half-width 8.1 / 4.05 = 2

    bias = calibrator.bias(np.array([[8.0], [10.0], [12.0], [12.1], [-2.0]]))
    assert bias - bias[-1] == pytest.approx([2, 2, 40, np.nan, 0], nan_ok=True)


def test_far_from_all_responses_a_pair_is_left_as_it_is():
    lengths, scores, _ = planted(200, saturating, np.random.default_rng(1))
    calibrator = WindowMean().fit(lengths, scores)
    far = np.array([[[400.0], [1e9]], [[-1e9], [400.0]], [[400.0], [410.0]]])
    given = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])

    calibrated = calibrator.transform(far, given)

    assert np.array_equal(calibrated[:2], given[:2])
    assert np.all(calibrated[2] != given[2])


def test_several_characteristics_are_refused():
    with pytest.raises(ValueError, match="one characteristic, not 2"):
        WindowMean().fit(np.ones((30, 2, 2)), np.ones((30, 2)))
