from fractions import Fraction
from io import BytesIO

import av
import numpy as np
import pytest

from nbutils.video.errors import VideoError
from nbutils.video.export import preview
from tests.video.export.conftest import CLICKS
from tests.video.export.made_videos import heard_clicks, number_in, write_video
from tests.video.export.test_exact_cuts import turn_in_header


def opened(content):
    return av.open(BytesIO(content))


def test_a_preview_holds_the_pictures_and_the_sound_of_its_clip(film, tmp_path):
    content = preview(film, 2, 6)
    with opened(content) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.codec_context.name, video.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert (audio.codec_context.name, audio.rate, audio.layout.name) == ("aac", 24_000, "mono")
        assert container.duration / av.time_base == pytest.approx(4, abs=0.06)
        assert video.duration * video.time_base == pytest.approx(4, abs=0.01)
        frames = [number_in(frame.to_ndarray(format="rgb24")) for frame in container.decode(video)]
    assert frames == list(range(50, 150))
    (tmp_path / "preview.mp4").write_bytes(content)
    expected = [click - 2 for click in CLICKS if 2 <= click < 6]
    np.testing.assert_allclose(heard_clicks(tmp_path / "preview.mp4"), expected, atol=3e-3)


def test_a_preview_of_slides_lasts_from_its_start_to_its_end(tmp_path):
    video = write_video(tmp_path / "slides.mp4", 5, times=(0, 4, 9, 21, 26), clicks=(12.0,))
    with opened(preview(video, 10, 20)) as container:
        pictures = container.streams.video[0]
        assert pictures.duration * pictures.time_base == pytest.approx(10, abs=0.01)
        assert [number_in(frame.to_ndarray(format="rgb24")) for frame in container.decode(pictures)] == [2]


def test_the_same_clip_gives_the_same_bytes(film):
    assert preview(film, 1, 3) == preview(film, 1, 3)
    assert preview(film, 1, 3) != preview(film, 1, 3.5)


def test_tables_come_first_and_name_no_time(film):
    content = preview(film, 0, 3)
    assert content.index(b"moov") < content.index(b"mdat")
    with opened(content) as container:
        assert "creation_time" not in container.metadata


def noise(number, width, height):
    """Pictures that no encoder makes small."""
    return np.random.default_rng(number).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_even_pictures_of_noise_stay_small(tmp_path):
    video = write_video(tmp_path / "made.mp4", 125, width=320, height=180, picture_of=noise, clicks=(1.0, 2.0))
    content = preview(video, 0, 5)
    assert len(content) < 5 * 12_000
    with opened(content) as container:
        assert container.streams.video[0].width == 256
        assert container.streams.video[0].height == 144


def test_a_video_without_sound_gives_one_without(tmp_path):
    content = preview(write_video(tmp_path / "made.mkv", 50, Fraction(30000, 1001)), 0, 1)
    with opened(content) as container:
        assert [stream.type for stream in container.streams] == ["video"]
        assert container.streams.video[0].frames == 30


def test_pictures_are_turned_upright_and_made_small(tmp_path):
    video = write_video(tmp_path / "made.mp4", 30, width=192, height=96)
    turn_in_header(video)
    with opened(preview(video, 0.4, 1, shorter_side=48)) as container:
        frame = next(container.decode(video=0))
        assert (frame.width, frame.height, frame.rotation) == (48, 96, 0)
        assert number_in(np.rot90(frame.to_ndarray(format="rgb24"))) == 10


def test_small_videos_are_not_made_larger_and_odd_ones_even(tmp_path):
    video = write_video(tmp_path / "made.mkv", 30, width=65, height=63)
    with opened(preview(video, 0, 1)) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == (64, 62)


def test_pixels_are_made_square(tmp_path):
    video = tmp_path / "made.mkv"
    with av.open(str(video), "w") as output:
        stream = output.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 180, 144, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(64, 45)
        frame = av.VideoFrame.from_ndarray(np.full((144, 180, 3), 90, np.uint8), format="rgb24")
        frame.pts, frame.time_base = 0, Fraction(1, 25)
        output.mux([*stream.encode(frame), *stream.encode(None)])
    with opened(preview(video, 0, 1)) as container:
        pictures = container.streams.video[0]
        assert (pictures.width, pictures.height) == (256, 144)
        assert pictures.sample_aspect_ratio in (None, 1)


@pytest.mark.parametrize(
    ("start", "end", "side", "sentence"),
    [
        (3, 3, 144, "there is no clip from 3 to 3 s"),
        (-1, 3, 144, "there is no clip from -1 to 3 s"),
        (0, float("nan"), 144, "there is no clip from 0 to nan s"),
        (9, 12, 144, r"no frame of 'film\.mp4' comes on screen at 9-12 s"),
        (0, 1, 4, "a preview of 4 pixels"),
    ],
)
def test_clips_of_nothing_are_refused(film, start, end, side, sentence):
    with pytest.raises(VideoError, match=sentence):
        preview(film, start, end, shorter_side=side)
