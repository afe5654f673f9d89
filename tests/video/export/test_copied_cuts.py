import av
import numpy as np
import pytest

from nbutils.video.errors import VideoError
from nbutils.video.export import copy_from_keyframes
from tests.video.export.conftest import CLICKS
from tests.video.export.made_videos import heard_clicks, shown_frames, write_video


def key_frames(path):
    with av.open(str(path)) as container:
        return sorted(float(packet.pts * packet.time_base) for packet in container.demux(video=0) if packet.is_keyframe)


@pytest.mark.parametrize("start", [0.0, 0.9, 2.0, 5.5])
def test_clips_begin_at_the_key_frame_before(tmp_path, clips_at, film, start):
    row = copy_from_keyframes(film, clips_at((start, start + 2)), tmp_path).iloc[0]
    before = max(time for time in key_frames(film) if time <= start + 1e-4)
    assert row["file_start"] == pytest.approx(before)
    assert row["shift"] == pytest.approx(before - start)


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
@pytest.mark.parametrize("codec", ["libx264", "mpeg4"])
def test_frames_are_those_of_the_source_without_gaps(tmp_path, clips_at, suffix, codec):
    video = write_video(tmp_path / f"made.{suffix}", 200, codec=codec)
    written = copy_from_keyframes(video, clips_at((2, 5), (0, 3), (6.01, 9)), tmp_path / "clips")
    for row in written.itertuples():
        numbers, times = shown_frames(tmp_path / "clips" / row.file)
        first, last = round(row.file_start * 25), min(199, round(row.end * 25) - 1)
        assert numbers == list(range(first, first + row.frames))
        assert last <= numbers[-1] <= last + 4
        assert row.file_end == pytest.approx((numbers[-1] + 1) / 25, abs=2e-3)
        np.testing.assert_allclose(np.subtract(times, times[0]), np.arange(row.frames) / 25, atol=2e-3)


def test_sound_stays_in_step(tmp_path, clips_at, film):
    written = copy_from_keyframes(film, clips_at((2, 5), (0.5, 3), (6.01, 8)), tmp_path)
    for row in written.itertuples():
        expected = [click for click in CLICKS if row.file_start <= click < row.end]
        heard = np.add(heard_clicks(tmp_path / row.file), row.file_start)
        np.testing.assert_allclose(heard, expected, atol=3e-3)


def test_other_formats_become_matroska(tmp_path, clips_at):
    video = write_video(tmp_path / "made.avi", 50, codec="mpeg4")
    row = copy_from_keyframes(video, clips_at((1, 2)), tmp_path / "clips").iloc[0]
    assert row["file"] == "abc_01_0001.0-0002.0.mkv"
    assert shown_frames(tmp_path / "clips" / row["file"])[0][-1] == 49


def test_clips_behind_the_end_are_refused(tmp_path, clips_at, film):
    with pytest.raises(VideoError, match=r"no frame of 'film\.mp4' comes on screen at 20-22 s"):
        copy_from_keyframes(film, clips_at((20, 22)), tmp_path / "clips")
    assert list((tmp_path / "clips").iterdir()) == []


@pytest.mark.parametrize(("start", "end", "pictures"), [(10.0, 20.5, 3), (10.0, 30.0, 6)])
def test_slides_stay_on_screen_until_the_next(tmp_path, clips_at, start, end, pictures):
    slides = write_video(tmp_path / "slides.mkv", 9, times=[0, 4, 9, 21, 26, 29, 33, 47, 60], codec="mpeg4")
    row = copy_from_keyframes(slides, clips_at((start, end)), tmp_path / "clips").iloc[0]
    assert row["file_start"] == 0
    assert row["frames"] == pictures
    assert row["file_end"] == pytest.approx(end)
