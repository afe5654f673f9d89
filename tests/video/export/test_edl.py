import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbutils.video.errors import VideoError
from nbutils.video.export import timecode, write_edl
from nbutils.video.export.edl import exact_rate, frame_at

EVENT = re.compile(r"(\d{3})  (\S+)\s+AA/V  C        " + " ".join([r"(\d\d):(\d\d):(\d\d):(\d\d)"] * 4))


def read_edl(path):
    """Reels, and the four frame counts of each event at a nominal rate."""
    text = path.read_text()
    assert text.splitlines()[1] == "FCM: NON-DROP FRAME"
    return [(match[2], [int(part) for part in match.groups()[2:]]) for match in EVENT.finditer(text)]


def frames(parts, nominal):
    hours, minutes, seconds, rest = parts
    return ((hours * 60 + minutes) * 60 + seconds) * nominal + rest


RATES = {23.976: 24, 24: 24, 25: 25, 29.97: 30, Fraction(30000, 1001): 30, 59.94: 60}


@pytest.mark.parametrize("rate", RATES)
def test_times_survive_a_round_trip(tmp_path, clips_at, rate):
    spans = [(10.5, 40.25), (3700.0, 3745.5), (0.0, 12.0)]
    write_edl(clips_at(*spans), tmp_path / "made.edl", rate, media="film.mp4")
    nominal, exact, record = RATES[rate], float(exact_rate(rate)), 0
    events = read_edl(tmp_path / "made.edl")
    assert len(events) == 3
    for (_, parts), (start, end) in zip(events, spans, strict=True):
        source_in, source_out, record_in, record_out = (frames(parts[i : i + 4], nominal) for i in range(0, 16, 4))
        assert start - 1e-3 <= source_in / exact < start + 1 / exact
        assert end - 1e-3 <= source_out / exact < end + 1 / exact
        assert (record_in, record_out - record_in) == (record, source_out - source_in)
        record = record_out


def test_known_timecodes():
    film, ntsc = exact_rate(23.976), exact_rate(29.97)
    assert (film, ntsc) == (Fraction(24000, 1001), Fraction(30000, 1001))
    # An hour by the clock is 86 313.7 frames at 23.976 and 107 892.1 at 29.97.
    assert timecode(frame_at(3600, film), film) == "00:59:56:10"
    assert timecode(frame_at(3600, ntsc), ntsc) == "00:59:56:13"
    assert timecode(frame_at(3600, Fraction(25)), Fraction(25)) == "01:00:00:00"
    assert timecode(24 * 3600 * 25 + 5, Fraction(25)) == "00:00:00:05"


@given(st.integers(0, 10**6), st.sampled_from(list(RATES)))
def test_timecode_counts_every_frame(frame, rate):
    exact = exact_rate(rate)
    assert frames([int(part) for part in timecode(frame, exact).split(":")], RATES[rate]) == frame


def test_source_start_is_added_to_source_times_only(tmp_path, clips_at):
    write_edl(clips_at((1, 2)), tmp_path / "made.edl", 25, media="film.mp4", source_start="01:00:00:10")
    (_, parts), *_ = read_edl(tmp_path / "made.edl")
    assert parts == [1, 0, 1, 10, 1, 0, 2, 10, 0, 0, 0, 0, 0, 0, 1, 0]


def test_names_stay_on_their_lines(tmp_path, clips_at):
    clips = clips_at((1, 2), video_id="../a film\n002")
    write_edl(clips, tmp_path / "made.edl", 25, media="my\nfilm.mp4", title="a\nb")
    lines = (tmp_path / "made.edl").read_text().splitlines()
    assert lines[0] == "TITLE: a b"
    assert lines[4:] == ["* FROM CLIP NAME: my film.mp4", "* COMMENT: CLIP 1, SCORE 0.9000"]
    assert re.fullmatch(r"[A-Z0-9]{1,8}", read_edl(tmp_path / "made.edl")[0][0])


@pytest.mark.parametrize(
    ("spans", "options", "sentence"),
    [
        ([(i, i + 1) for i in range(1000)], {}, "1000 clips are too many"),
        ([(1.01, 1.03)], {}, "no frame comes on screen at 1.01-1.03 s"),
        ([(1, 2)], {"source_start": "01:00:00:25"}, "no non-drop timecode at 25 frames"),
        ([(1, 2)], {"source_start": "01:00:00;00"}, "no non-drop timecode"),
        ([(1, 2)], {"frame_rate": 120}, "a frame rate of 120 has no timecode"),
    ],
)
def test_what_cannot_be_written_is_refused(tmp_path, clips_at, spans, options, sentence):
    with pytest.raises(VideoError, match=sentence):
        write_edl(clips_at(*spans), tmp_path / "made.edl", **({"frame_rate": 25, "media": "film.mp4"} | options))
    assert list(tmp_path.iterdir()) == []


def test_names_that_are_no_utf_8_are_written(tmp_path, clips_at):
    write_edl(clips_at((2, 3)), tmp_path / "made.edl", 25, media="caf\udce9.mp4")
    assert "* FROM CLIP NAME: caf?.mp4" in (tmp_path / "made.edl").read_text(encoding="utf-8")


def test_an_unknown_frame_rate_is_refused(tmp_path, clips_at):
    with pytest.raises(VideoError, match="the frame rate of the video is not known"):
        write_edl(clips_at((2, 3)), tmp_path / "made.edl", None, media="a.mp4")
