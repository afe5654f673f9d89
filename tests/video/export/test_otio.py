from fractions import Fraction

import opentimelineio
import pytest

from nbutils.video.errors import VideoError
from nbutils.video.export import timeline, write_otio


@pytest.mark.parametrize("rate", [25, 29.97, Fraction(24000, 1001)])
def test_a_timeline_survives_a_round_trip(tmp_path, clips_at, rate):
    clips = clips_at((10.5, 40.25), (3700.0, 3745.5)).assign(rank=[2, 1])
    write_otio(timeline(clips, rate, 4000.0, media="film.mp4", title="made"), tmp_path / "made.otio")

    read = opentimelineio.adapters.read_from_file(str(tmp_path / "made.otio"))

    assert read.name == "made"
    assert [track.kind for track in read.tracks] == ["Video", "Audio"]
    for track in read.tracks:
        assert [clip.name for clip in track] == ["clip 2", "clip 1"]
        for clip, row in zip(track, clips.itertuples(), strict=True):
            times, frame = clip.source_range, 1 / float(rate)
            assert times.start_time.to_seconds() == pytest.approx(row.start, abs=frame)
            assert times.end_time_exclusive().to_seconds() == pytest.approx(row.end, abs=frame)
            assert times.start_time.value == int(times.start_time.value)
            assert clip.media_reference.target_url == "film.mp4"
            assert clip.media_reference.available_range.duration.to_seconds() == pytest.approx(4000, abs=frame)
            assert dict(clip.metadata["nbutils"]) == {"start": row.start, "end": row.end, "score": row.score}
    assert read.duration().to_seconds() == pytest.approx(75.25, abs=2 / float(rate))


def test_clips_without_a_frame_are_refused(clips_at):
    with pytest.raises(VideoError, match="no frame comes on screen"):
        timeline(clips_at((1.01, 1.03)), 25, 10.0, media="film.mp4")


@pytest.mark.parametrize("duration", [0.0, -1.0, float("nan"), float("inf")])
def test_videos_without_a_duration_are_refused(clips_at, duration):
    with pytest.raises(VideoError, match="has no timeline: give its duration"):
        timeline(clips_at((1, 3)), 25, duration, media="film.mp4")


def test_names_that_are_no_utf_8_are_written(tmp_path, clips_at):
    write_otio(timeline(clips_at((1, 3)), 25, 10.0, media="caf\udce9.mp4", title="\udce9"), tmp_path / "made.otio")
    read = opentimelineio.adapters.read_from_file(str(tmp_path / "made.otio"))
    assert read.name == "?"
    assert read.tracks[0][0].media_reference.target_url == "caf?.mp4"
