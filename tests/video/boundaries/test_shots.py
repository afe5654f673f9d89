from fractions import Fraction

import numpy as np
import pytest

from nbutils.video.boundaries import find_shots
from nbutils.video.errors import VideoError
from tests.video.export.made_videos import write_video

CUTS = (30, 75, 110)


def shot_picture(number, width, height):
    """Noise that stays the same within a shot, and a slow change of brightness."""
    shot = np.searchsorted(CUTS, number, side="right")
    noise = np.random.default_rng(int(shot)).integers(0, 200, (height // 8, width // 8, 3)).astype(np.uint8)
    return noise.repeat(8, axis=0).repeat(8, axis=1) + np.uint8(number // 4)


@pytest.mark.parametrize("detector", ["adaptive", "content"])
@pytest.mark.parametrize("rate", [Fraction(25), Fraction(30000, 1001)])
def test_planted_cuts_are_found(tmp_path, detector, rate):
    video = write_video(tmp_path / "made.mp4", 150, rate, width=128, height=96, picture_of=shot_picture)
    shots = find_shots(video, detector)
    expected = [0, *(float(cut / rate) for cut in CUTS)]
    np.testing.assert_allclose(shots["start"], expected, atol=1e-3)
    np.testing.assert_allclose(shots["end"], [*expected[1:], 150 / float(rate)], atol=0.05)


def test_uneven_times_are_kept(tmp_path):
    times = np.cumsum(np.random.default_rng(0).choice([0.04, 0.08], 150))
    times = (times - times[0]).round(3)
    video = write_video(tmp_path / "made.mkv", 150, times=times, width=128, height=96, picture_of=shot_picture)
    np.testing.assert_allclose(find_shots(video)["start"][1:], times[list(CUTS)], atol=2e-3)


def test_one_shot_is_the_whole_video(tmp_path):
    video = write_video(tmp_path / "made.mp4", 25, width=128, height=96, picture_of=shot_picture)
    shots = find_shots(video)
    assert len(shots) == 1
    assert shots["start"].item() == 0
    assert shots["end"].item() == pytest.approx(1, abs=0.05)


def test_wrong_files_and_detectors_are_named(tmp_path):
    (tmp_path / "notes.mp4").write_text("no video")
    with pytest.raises(VideoError, match=r"notes\.mp4"):
        find_shots(tmp_path / "notes.mp4")
    video = write_video(tmp_path / "made.mp4", 10)
    with pytest.raises(VideoError, match="no shot detector 'best': choose 'adaptive' or 'content'"):
        find_shots(video, "best")


@pytest.mark.parametrize("length", [-1.0, float("nan")])
def test_a_shortest_shot_that_is_no_length_is_refused(tmp_path, length):
    with pytest.raises(VideoError, match="choose a shortest length of 0 s or more"):
        find_shots(write_video(tmp_path / "made.mp4", 10), min_length=length)
