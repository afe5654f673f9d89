import numpy as np
import pytest

from nbutils.video.errors import VideoError
from nbutils.video.features import Features


def ones(rows, width=3, dtype=np.float32):
    return np.ones((rows, width), dtype)


def test_what_is_there():
    features = Features("film", ones(3), None, ones(3, 5), 2.2)

    assert features.seconds == 3
    assert features.present.tolist() == [True, False, True]


@pytest.mark.parametrize(
    ("visual", "audio", "message"),
    [
        (ones(3), ones(4), "audio features of 'film' have 4 rows for 2.5 s of video: give 3"),
        (ones(2), None, "visual features of 'film' have 2 rows"),
        (ones(3, dtype=np.float64), None, r"visual features of 'film' are float64 \[3, 3\]"),
        (ones(3)[0], None, r"float32 \[3\]"),
        (ones(3) * np.nan, None, "not finite"),
        (None, None, "no features"),
    ],
)
def test_what_does_not_fit_is_refused(visual, audio, message):
    with pytest.raises(VideoError, match=message):
        Features("film", visual, audio, None, 2.5)
