import pandas as pd
import pytest

from tests.video.export.made_videos import write_video

CLICKS = (1.0, 2.5, 4.0, 6.2)


@pytest.fixture
def clips_at():
    """A table of clips of one video from (start, end) in s, with scores that fall from .9 on."""

    def table(*spans, video_id="abc"):
        scores = [0.9 - 0.1 * i for i in range(len(spans))]
        columns = {"start": [start for start, _ in spans], "end": [end for _, end in spans], "score": scores}
        return pd.DataFrame({"video_id": video_id} | columns).astype({"start": float, "end": float})

    return table


@pytest.fixture(scope="session")
def film(tmp_path_factory):
    """8 s at 25 frames a second, a key frame at least every 12, with clicks at CLICKS."""
    return write_video(tmp_path_factory.mktemp("film") / "film.mp4", 200, clicks=CLICKS)
