import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbutils.video.errors import VideoError
from nbutils.video.media import End, Frame, Sound, decode
from nbutils.video.media.wanted import WantedFrames
from tests.video.media.films import HEIGHT, WIDTH, number_of, numbered, tone, turn, write_film


def frames_of(path, **options):
    return [item for item in decode(path, **options) if isinstance(item, Frame)]


def end_of(path):
    return list(decode(path))[-1]


def on_screen(times, second):
    """The number of the frame that is shown at a second, by the times of all frames in milliseconds."""
    return max(sum(time <= second * 1000 for time in times) - 1, 0)


def test_a_picture_and_a_second_of_sound_for_every_second(steady_film):
    items = list(decode(steady_film))

    frames = [item for item in items if isinstance(item, Frame)]
    assert [frame.second for frame in frames] == list(range(10))
    assert [number_of(frame.picture) for frame in frames] == list(range(0, 250, 25))
    assert [item.second for item in items if isinstance(item, Sound)] == list(range(10))
    assert items[-1] == End(10.0, ())


def test_frames_carry_their_own_time(tmp_path):
    write_film(tmp_path / "film.mkv", [0, 900, 1900, 2000, 3500])

    frames = frames_of(tmp_path / "film.mkv")

    assert [frame.time for frame in frames] == [0, 0.9, 2.0, 2.0]
    assert [number_of(frame.picture) for frame in frames] == [0, 1, 3, 3]


@given(steps=st.lists(st.integers(1, 1700), min_size=1, max_size=40), reference=st.booleans())
@settings(max_examples=15)
def test_variable_rates_show_the_frame_of_the_moment(tmp_path_factory, steps, reference):
    path, times = tmp_path_factory.mktemp("varying") / "film.mkv", np.cumsum([0, *steps]).tolist()
    write_film(path, times, bf="0" if reference else "3", b_adapt="0")

    shown = [number_of(frame.picture) for frame in frames_of(path)]

    assert shown == [on_screen(times, second) for second in range(len(shown))]
    assert len(shown) * 1000 >= times[-1]


def every_frame(path):
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def wanted_frames(path, change=lambda packet: None):
    """Frames that are decoded for a picture a second, and the most packets that are held for it."""
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        frames, wanted, most = WantedFrames(video), [], 0
        for packet in container.demux(video):
            if packet.size:
                change(packet)
                wanted += frames.add(packet)
                most = max(most, len(frames._held))
        return wanted + list(frames.finish()), most


@pytest.fixture
def noisy_film(tmp_path):
    """6 s at 29.97 frames a second of noise, in which two neighbours are never alike."""

    def write(codec="libx264", **options):
        path, times = tmp_path / "film.mkv", [round(i * 1001 / 30) for i in range(180)]
        noise = np.random.default_rng(0).integers(0, 256, (HEIGHT + 180, WIDTH, 3), np.uint8)
        write_film(path, times, pictures=[noise[i : i + HEIGHT] for i in range(180)], codec=codec, **options)
        return path, times

    return write


@pytest.mark.parametrize("codec", ["libx264", "mpeg4", "libx265"])
def test_skipped_frames_change_no_pixel(noisy_film, codec):
    path, times = noisy_film(codec, **({"x265-params": "log-level=none"} if codec == "libx265" else {"bf": "3"}))

    every, (wanted, most) = every_frame(path), wanted_frames(path)

    assert len(every) == 180
    if codec == "libx265":
        assert (len(wanted), most) == (180, 0)
    else:
        assert len(wanted) < 135
        assert most < 40
    for second in range(6):
        shown = [frame for frame in wanted if frame.pts <= second * 1000][-1]
        np.testing.assert_array_equal(shown.to_ndarray(format="rgb24"), every[on_screen(times, second)])


def test_packets_without_a_time_of_decoding(tmp_path):
    write_film(tmp_path / "film.mkv", range(0, 40_000, 40), bf="3", b_adapt="0")

    wanted, most = wanted_frames(tmp_path / "film.mkv", lambda packet: setattr(packet, "dts", None))

    assert len(wanted) == 1000
    assert most <= 300


def test_interlaced_films_are_decoded_in_full(noisy_film):
    path, _ = noisy_film(bf="3", b_adapt="0", **{"x264-params": "tff=1"})

    assert len(wanted_frames(path)[0]) == 180


@pytest.mark.parametrize("clockwise", range(4))
def test_turned_pictures_are_upright(tmp_path, clockwise):
    picture = np.zeros((48, 80, 3), np.uint8)
    picture[:24, :40] = 255  # white where stored at the top left
    write_film(tmp_path / "film.mp4", range(0, 1000, 40), pictures=[picture] * 25)
    turn(tmp_path / "film.mp4", clockwise)

    frame = frames_of(tmp_path / "film.mp4", shorter_side=48)[0]

    height, width, _ = frame.picture.shape
    assert (height, width) == ((48, 80) if clockwise % 2 == 0 else (80, 48))
    top_left, top_right, bottom_right, bottom_left = (
        frame.picture[row, column].mean() > 127
        for row, column in [(8, 8), (8, width - 8), (height - 8, width - 8), (height - 8, 8)]
    )
    corners = [top_left, top_right, bottom_right, bottom_left]
    assert corners.index(True) == clockwise
    assert sum(corners) == 1


def test_turned_as_opencv_turns(tmp_path):
    cv2 = pytest.importorskip("cv2")
    pictures = [np.random.default_rng(0).integers(0, 256, (6, 10, 3)).repeat(8, 0).repeat(8, 1).astype(np.uint8)] * 25
    write_film(tmp_path / "film.mp4", range(0, 1000, 40), pictures=pictures, crf="5")
    turn(tmp_path / "film.mp4", 1)

    ours = frames_of(tmp_path / "film.mp4", shorter_side=48)[0].picture
    theirs = cv2.VideoCapture(str(tmp_path / "film.mp4")).read()[1][..., ::-1]

    assert ours.shape == theirs.shape
    assert np.abs(ours.astype(int) - theirs).mean() < 10


@pytest.mark.parametrize(("width", "height"), [(107, 61), (61, 107), (3, 501)])
def test_odd_sizes_keep_their_shape(tmp_path, width, height):
    picture = np.full((height, width, 3), 200, np.uint8)
    write_film(tmp_path / "film.mkv", range(0, 1000, 40), pictures=[picture] * 25, codec="ffv1", pixels="bgr0")

    shown = frames_of(tmp_path / "film.mkv", shorter_side=32)[0].picture

    assert min(shown.shape[:2]) == 32
    assert shown.shape[0] / shown.shape[1] == pytest.approx(height / width, rel=0.02)
    assert np.abs(shown.astype(int) - 200).max() <= 2


def test_pixels_that_are_not_square_are_made_so(tmp_path):
    write_film(tmp_path / "film.mkv", range(0, 1000, 40), aspect=2)

    assert frames_of(tmp_path / "film.mkv", shorter_side=48)[0].picture.shape == (48, 160, 3)


def test_a_film_without_sound(tmp_path):
    write_film(tmp_path / "film.mkv", range(0, 2000, 40))

    items = list(decode(tmp_path / "film.mkv"))

    assert not [item for item in items if isinstance(item, Sound)]
    assert items[-1] == End(2.0, ("there is no sound",))


def test_time_zero_is_the_first_picture(tmp_path):
    write_film(tmp_path / "film.mkv", range(3000, 5000, 40), sound=[(0, tone(5))])

    items = list(decode(tmp_path / "film.mkv"))

    frames = [item for item in items if isinstance(item, Frame)]
    assert [(frame.time, number_of(frame.picture)) for frame in frames] == [(0, 0), (1, 25)]
    assert len([item for item in items if isinstance(item, Sound)]) == 2
    assert items[-1].duration == 2
    assert "begin 3.0 s after" in " ".join(items[-1].notes)


@pytest.mark.parametrize("seconds", [3, 9])
def test_sound_of_another_length_is_told(tmp_path, seconds):
    write_film(tmp_path / "film.mkv", range(0, 6000, 40), sound=[(0, tone(seconds))])

    (note,) = end_of(tmp_path / "film.mkv").notes

    assert ("goes on for 3.0 s" if seconds == 9 else "ends 3.0 s before") in note


def test_a_truncated_file_gives_what_is_there(tmp_path, steady_film):
    content = steady_film.read_bytes()
    (tmp_path / "cut.mkv").write_bytes(content[: len(content) // 2])

    items = list(decode(tmp_path / "cut.mkv"))

    numbers = [number_of(item.picture) for item in items if isinstance(item, Frame)]
    assert 2 < len(numbers) < 9
    assert numbers == list(range(0, 25 * len(numbers), 25))
    assert f"end at {items[-1].duration:.1f} s of 10.0 s" in items[-1].notes[0]


def test_a_truncated_mp4_with_its_table_in_front(tmp_path):
    write_film(tmp_path / "film.mp4", range(0, 10_000, 40), movflags="faststart", g="25")
    content = (tmp_path / "film.mp4").read_bytes()
    (tmp_path / "film.mp4").write_bytes(content[: len(content) * 3 // 4])

    items = list(decode(tmp_path / "film.mp4"))

    assert 4 < items[-1].duration < 9
    assert "of 10.0 s" in items[-1].notes[0]
    numbers = [number_of(item.picture) for item in items if isinstance(item, Frame)]
    assert numbers[:4] == [0, 25, 50, 75]


def test_a_truncated_mp4_without_its_table_says_so(tmp_path):
    write_film(tmp_path / "film.mp4", range(0, 2000, 40))
    content = (tmp_path / "film.mp4").read_bytes()
    (tmp_path / "film.mp4").write_bytes(content[: len(content) // 2])

    with pytest.raises(VideoError, match=r"'film.mp4' cannot be read as a video.* cut off before the table"):
        list(decode(tmp_path / "film.mp4"))


def test_damage_in_the_middle_is_passed_over(tmp_path, steady_film):
    content = bytearray(steady_film.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 2000] = np.random.default_rng(0).bytes(2000)
    (tmp_path / "film.mkv").write_bytes(content)

    end = end_of(tmp_path / "film.mkv")

    assert end.duration == 10


def test_jumps_of_days_are_refused(tmp_path):
    write_film(tmp_path / "film.mkv", [0, 40, 10**9])

    with pytest.raises(VideoError, match=r"in 'film.mkv' jump from 0 s to 1000000 s"):
        list(decode(tmp_path / "film.mkv"))


def test_numbered_pictures_tell_their_number():
    assert [number_of(numbered(number)) for number in (0, 1, 5, 1023)] == [0, 1, 5, 1023]
