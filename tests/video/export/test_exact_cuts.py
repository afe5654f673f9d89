from fractions import Fraction

import av
import numpy as np
import pytest

from nbutils.video.errors import VideoError
from nbutils.video.export import cut_exactly
from nbutils.video.export.edl import frame_at
from tests.video.export.conftest import CLICKS
from tests.video.export.made_videos import heard_clicks, number_in, shown_frames, write_video

SPANS = ((2, 5), (0, 3), (6.01, 8), (3.98, 4.02))


def frames_within(times, start, end):
    return [number for number, time in enumerate(times) if start - 1e-4 <= time < end - 1e-4]


@pytest.mark.parametrize(
    ("suffix", "rate", "codec"),
    [
        ("mp4", Fraction(25), "libx264"),
        ("mkv", Fraction(30000, 1001), "libx264"),
        ("mov", Fraction(24000, 1001), "mpeg4"),
    ],
)
def test_first_and_last_frame_are_exact(tmp_path, clips_at, suffix, rate, codec):
    video = write_video(tmp_path / f"made.{suffix}", 200, rate, codec=codec)
    times = [float(number / rate) for number in range(200)]

    written = cut_exactly(video, clips_at(*SPANS), tmp_path / "clips")

    for row in written.itertuples():
        numbers, shown = shown_frames(tmp_path / "clips" / row.file)
        expected = frames_within(times, row.start, row.end)
        assert numbers == expected
        assert row.frames == len(expected)
        assert row.file_start == pytest.approx(times[expected[0]], abs=1e-3)
        assert row.file_end == pytest.approx(times[expected[-1]] + 1 / float(rate), abs=1e-3)
        assert row.shift == pytest.approx(row.file_start - row.start)
        np.testing.assert_allclose(np.add(shown, row.file_start), [times[number] for number in numbers], atol=2e-3)


def test_edit_lists_name_the_same_frames(tmp_path, clips_at, film):
    written = cut_exactly(film, clips_at(*SPANS), tmp_path)
    for row in written.itertuples():
        numbers, _ = shown_frames(tmp_path / row.file)
        assert [frame_at(row.start, Fraction(25)), frame_at(row.end, Fraction(25))] == [numbers[0], numbers[-1] + 1]


def test_sound_stays_in_step(tmp_path, clips_at, film):
    written = cut_exactly(film, clips_at(*SPANS[:3]), tmp_path)
    for row in written.itertuples():
        heard = np.add(heard_clicks(tmp_path / row.file), row.file_start)
        expected = [click for click in CLICKS if row.start <= click < row.end]
        np.testing.assert_allclose(heard, expected, atol=2e-3)


def test_sound_that_starts_late_stays_in_step(tmp_path, clips_at):
    video = write_video(tmp_path / "made.mkv", 150, clicks=(3.0, 5.0), sound_from=2.5)
    row = cut_exactly(video, clips_at((1.0, 6.0)), tmp_path / "clips").iloc[0]
    np.testing.assert_allclose(np.add(heard_clicks(tmp_path / "clips" / row["file"]), 1.0), [3.0, 5.0], atol=2e-3)


def test_sound_at_a_rate_that_aac_lacks_is_resampled(tmp_path, clips_at, film):
    video = tmp_path / "made.mkv"
    with av.open(str(film)) as source, av.open(str(video), "w") as output:
        pictures = output.add_stream_from_template(source.streams.video[0])
        sound = output.add_stream("pcm_s16le", rate=37_800, layout="mono")
        for packet in source.demux(source.streams.video[0]):
            if packet.size:
                packet.stream = pictures
                output.mux(packet)
        samples = np.zeros(8 * 37_800, np.int16)
        samples[4 * 37_800 : 4 * 37_800 + 400] = (20_000 * np.sin(np.arange(400) / 6)).astype(np.int16)
        for first in range(0, len(samples), 1000):
            frame = av.AudioFrame.from_ndarray(samples[None, first : first + 1000], format="s16", layout="mono")
            frame.rate, frame.pts = 37_800, first
            output.mux(sound.encode(frame))
        output.mux(sound.encode(None))
    row = cut_exactly(video, clips_at((3.0, 6.0)), tmp_path / "clips").iloc[0]
    np.testing.assert_allclose(np.add(heard_clicks(tmp_path / "clips" / row["file"]), 3.0), [4.0], atol=3e-3)


def test_uneven_times_are_kept(tmp_path, clips_at):
    times = np.cumsum(np.random.default_rng(0).choice([0.02, 0.04, 0.11, 0.3], 60)).round(3)
    times -= times[0]
    video = write_video(tmp_path / "made.mkv", 60, times=times)
    row = cut_exactly(video, clips_at((1.5, 4.5)), tmp_path / "clips").iloc[0]
    numbers, shown = shown_frames(tmp_path / "clips" / row["file"])
    coming = frames_within(times, 1.5, 4.5)
    assert numbers == [coming[0] - 1, *coming]
    np.testing.assert_allclose(shown, [0, *(times[coming] - 1.5)], atol=1e-3)


# A film of slides, and when each is shown, s.
SLIDES = (0, 4, 9, 21, 26, 29, 33, 47, 60)
SLIDE_CLICKS = (5.0, 12.0, 20.2, 27.5, 29.5, 45.0)


@pytest.fixture(scope="module", params=["mkv", "mp4"])
def slides(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("slides") / f"slides.{request.param}"
    return write_video(path, len(SLIDES), times=SLIDES, clicks=SLIDE_CLICKS)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (10, 30, {2: 10, 3: 21, 4: 26, 5: 29}),
        (10, 20.5, {2: 10}),
        (9, 29, {2: 9, 3: 21, 4: 26}),
        (20.99995, 33.00005, {3: 21, 4: 26, 5: 29}),
        (48, 59, {7: 48}),
        (0.5, 2, {0: 0.5}),
    ],
)
def test_a_clip_of_slides_lasts_from_its_start_to_its_end(tmp_path, clips_at, slides, start, end, expected):
    row = cut_exactly(slides, clips_at((start, end)), tmp_path).iloc[0]

    numbers, shown = shown_frames(tmp_path / row["file"])
    assert numbers == list(expected)
    np.testing.assert_allclose(np.add(shown, start), list(expected.values()), atol=2e-3)
    assert [row["file_start"], row["file_end"]] == pytest.approx([start, end], abs=2e-3)
    assert row["shift"] == pytest.approx(0, abs=1e-3)
    with av.open(str(tmp_path / row["file"])) as container:
        for stream in container.streams:
            assert float(stream.duration * stream.time_base) == pytest.approx(end - start, abs=0.05)


def test_the_sound_of_slides_is_whole_and_in_step(tmp_path, clips_at, slides):
    row = cut_exactly(slides, clips_at((10, 30)), tmp_path).iloc[0]
    np.testing.assert_allclose(np.add(heard_clicks(tmp_path / row["file"]), 10), SLIDE_CLICKS[1:5], atol=2e-3)


def test_only_a_clip_behind_the_last_slide_holds_no_frame(tmp_path, clips_at, slides):
    row = cut_exactly(slides, clips_at((59, 70)), tmp_path).iloc[0]
    assert shown_frames(tmp_path / row["file"])[0] == [7, 8]
    assert row["file_end"] == pytest.approx(60.04, abs=2e-3)
    with pytest.raises(VideoError, match="no frame of 'slides"):
        cut_exactly(slides, clips_at((61, 70)), tmp_path)


def test_a_clip_within_one_picture_shows_it(tmp_path, clips_at, film):
    written = cut_exactly(film, clips_at((3.961, 3.999), (7.97, 12)), tmp_path)
    assert [shown_frames(tmp_path / file)[0] for file in written["file"]] == [[99], [199]]
    assert written["file_end"].tolist() == pytest.approx([3.999, 8.0])


def test_odd_sizes_are_made_even(tmp_path, clips_at):
    video = write_video(tmp_path / "made.mkv", 30, width=65, height=63)
    row = cut_exactly(video, clips_at((0, 1)), tmp_path / "clips").iloc[0]
    with av.open(str(tmp_path / "clips" / row["file"])) as container:
        codec = container.streams.video[0].codec_context
        assert (codec.width, codec.height) == (64, 62)


def test_rotated_pictures_are_turned_upright(tmp_path, clips_at):
    video = write_video(tmp_path / "made.mp4", 30, width=96, height=64)
    turn_in_header(video)
    row = cut_exactly(video, clips_at((0.4, 1)), tmp_path / "clips").iloc[0]
    with av.open(str(tmp_path / "clips" / row["file"])) as container:
        frames = list(container.decode(video=0))
        assert (frames[0].width, frames[0].height, frames[0].rotation) == (64, 96, 0)
        # The header says that players turn it clockwise.
        assert number_in(np.rot90(frames[0].to_ndarray(format="rgb24"))) == 10


def turn_in_header(path):
    """Sets the matrix of the track of an MP4 file to a quarter turn."""
    content = bytearray(path.read_bytes())
    upright = b"".join(number.to_bytes(4) for number in (0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000))
    turned = b"".join(number.to_bytes(4) for number in (0, 0x10000, 0, 0xFFFF0000, 0, 0, 0, 0, 0x40000000))
    place = content.index(upright, content.index(b"tkhd"))
    content[place : place + 36] = turned
    path.write_bytes(content)


def test_clips_behind_the_end_are_refused_and_leave_no_file(tmp_path, clips_at, film):
    with pytest.raises(VideoError, match=r"no frame of 'film\.mp4' comes on screen at 9-12 s"):
        cut_exactly(film, clips_at((9, 12)), tmp_path / "clips")
    assert list((tmp_path / "clips").iterdir()) == []


def test_times_that_go_back_are_refused(tmp_path, clips_at):
    """AVI has no place for the order in which pictures are shown."""
    video = write_video(tmp_path / "made.avi", 50)
    with pytest.raises(VideoError, match=r"the clip at 0-2 s cannot be cut from 'made\.avi': the stored times"):
        cut_exactly(video, clips_at((0, 2)), tmp_path / "clips")


@pytest.mark.parametrize(
    ("spans", "sentence"),
    [
        (((3, 3),), "row 0 of the table of clips goes from 3 to 3 s: nothing to cut"),
        (((-1, 3),), "goes from -1 to 3 s"),
        (((3, 2),), "ends at 2 s, before its start"),
        ((), "there is no clip to write"),
    ],
)
def test_malformed_clips_are_refused(tmp_path, clips_at, film, spans, sentence):
    with pytest.raises(VideoError, match=sentence):
        cut_exactly(film, clips_at(*spans), tmp_path)


def test_ranks_number_the_files(tmp_path, clips_at, film):
    written = cut_exactly(film, clips_at((2, 3), (0, 1)).assign(rank=[7, 2]), tmp_path)
    assert written["number"].tolist() == [7, 2]
    assert written["file"].tolist() == ["abc_07_0002.0-0003.0.mp4", "abc_02_0000.0-0001.0.mp4"]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(written["file"])


def test_a_folder_that_cannot_be_made_is_named(tmp_path, clips_at, film):
    (tmp_path / "file").write_text("")
    with pytest.raises(VideoError, match=r"cannot write .*abc_01.* choose another folder"):
        cut_exactly(film, clips_at((2, 3)), tmp_path / "file")


def test_damaged_pictures_are_passed_over(tmp_path, clips_at, film):
    content = bytearray(film.read_bytes())
    damaged = content.index(b"mdat") + 2000
    content[damaged : damaged + 7000] = bytes(7000)
    (tmp_path / "damaged.mp4").write_bytes(content)
    written = cut_exactly(tmp_path / "damaged.mp4", clips_at((0, 7)), tmp_path / "clips")
    numbers, _ = shown_frames(tmp_path / "clips" / written["file"].item())
    assert 20 < len(numbers) < 175
    assert written["frames"].item() == len(numbers)
    assert numbers[-1] == 174


@pytest.mark.parametrize(
    ("column", "value", "sentence"),
    [
        ("rank", [1, np.nan], "row 1 of the table of clips: rank is nan, which is no finite number"),
        ("rank", ["first", "second"], "rank is 'first', which is no finite number"),
        ("rank", [1, 1.5], "row 1 of the table of clips has the rank 1.5: number clips from 1 on"),
        ("rank", [0, 1], "has the rank 0: number clips from 1 on"),
        ("score", ["high", "low"], "score is 'high', which is no finite number"),
        ("video_id", [None, "abc"], "clips of several videos, or of none, were given"),
        ("video_id", [None, None], "clips of several videos, or of none, were given"),
    ],
)
def test_columns_that_cannot_be_used_are_refused(tmp_path, clips_at, film, column, value, sentence):
    with pytest.raises(VideoError, match=sentence):
        cut_exactly(film, clips_at((2, 3), (0, 1)).assign(**{column: value}), tmp_path)
