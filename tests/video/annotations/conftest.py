import pytest


@pytest.fixture
def entry():
    """An entry of an annotation file with clips in s of the video; fields given by name replace those that follow."""

    def make(video_id="abc", window=(0, 600.0), clips=((10.5, 40.25), (50, 80)), **fields):
        offsets = [[start - window[0], end - window[0]] for start, end in clips]
        return {
            "youtube_id": video_id,
            "timeRange": list(window),
            "segments": [list(clip) for clip in clips],
            "timeRangeOffset": [0, window[1] - window[0]],
            "segmentsOffset": offsets,
            "coverage": 0.1,
        } | fields

    return make
