import pandas as pd
import pytest

from nbutils.video.errors import VideoError
from nbutils.video.metrics import clip_matches


def test_flags_belong_to_the_rows_given(clips_of, window):
    clips = clips_of([(0, 12, 0.1), (0, 10, 0.9), (50, 60, 0.5), (24, 30, 0.7)])
    found = clip_matches(clips, clips_of([(0, 10), (20, 30)]), window)
    assert found["matched"].tolist() == [False, True, False, True]
    assert found["best_tiou"].round(3).tolist() == [0.833, 1.0, 0.0, 0.6]
    pd.testing.assert_frame_equal(found[clips.columns], clips)


@pytest.mark.parametrize("threshold", [0.0, -1.0, 1.5, float("nan")])
def test_thresholds_that_no_overlap_can_reach_or_miss_are_refused(clips_of, window, threshold):
    with pytest.raises(VideoError, match="give one above 0 and at most 1"):
        clip_matches(clips_of([(0, 12, 0.1)]), clips_of([(0, 10)]), window, threshold)
