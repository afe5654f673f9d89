import av
import numpy as np
import pytest
from PIL import Image

from nbutils.video.errors import VideoError
from nbutils.video.media import decode, media_info, open_video
from tests.video.media.films import tone, turn, write_film


def open_and_close(path):
    with open_video(path):
        pass


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.mp4", b""),
        ("text.mp4", b"This is a letter, not a film.\n" * 50),
        ("page.txt", b"This is a letter, not a film.\n" * 50),
        ("bytes.bin", bytes(range(256)) * 40),
        ("words.srt", b"1\n00:00:01,000 --> 00:00:02,000\nhello\n"),
        ("list.m3u8", b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfilm.mp4\n#EXT-X-ENDLIST\n"),
        ("list.ffconcat", b"ffconcat version 1.0\nfile film.mp4\n"),
    ],
)
def test_other_files_are_refused_in_one_sentence(tmp_path, name, content):
    write_film(tmp_path / "film.mp4", range(0, 1000, 40))
    (tmp_path / name).write_bytes(content)

    with pytest.raises(VideoError) as refusal:
        open_and_close(tmp_path / name)

    assert name in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_missing_file_a_folder_and_an_address(tmp_path):
    for path in (tmp_path / "missing.mp4", tmp_path, "https://example.org/film.mp4"):
        with pytest.raises(VideoError, match="there is no video file"):
            open_and_close(path)


def test_names_that_look_like_protocols_are_files(tmp_path, monkeypatch):
    write_film(tmp_path / "film.mkv", range(0, 1000, 40))
    (tmp_path / "film.mkv").rename(tmp_path / "concat:x|y.mkv")
    monkeypatch.chdir(tmp_path)

    assert media_info("concat:x|y.mkv").video_codec == "h264"


@pytest.mark.parametrize("ending", ["png", "jpg"])
def test_pictures_are_refused(tmp_path, ending):
    Image.new("RGB", (40, 40)).save(tmp_path / f"picture.{ending}")

    with pytest.raises(VideoError, match="is a picture, not a video"):
        open_and_close(tmp_path / f"picture.{ending}")


def test_sound_alone_is_refused(tmp_path):
    with av.open(str(tmp_path / "sound.wav"), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=48_000, layout="mono")
        frame = av.AudioFrame.from_ndarray((tone(1) * 9000).astype(np.int16)[None], format="s16", layout="mono")
        frame.sample_rate = 48_000
        container.mux([*stream.encode(frame), *stream.encode(None)])

    with pytest.raises(VideoError, match=r"no video stream that can be decoded \(it holds: audio\)"):
        open_and_close(tmp_path / "sound.wav")


def test_a_video_of_no_duration(tmp_path):
    with av.open(str(tmp_path / "nothing.avi"), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        container.start_encoding()

    with pytest.raises(VideoError, match=r"no picture of 'nothing.avi' can be decoded: it has zero duration"):
        list(decode(tmp_path / "nothing.avi"))
    assert media_info(tmp_path / "nothing.avi").rotation == 0


def test_media_info(steady_film):
    info = media_info(steady_film)

    assert (info.name, info.width, info.height, info.rotation) == ("steady.mkv", 80, 48, 0)
    assert (info.video_codec, info.audio_codec, info.sample_rate) == ("h264", "pcm_s16le", 48_000)
    assert info.duration == pytest.approx(10, abs=0.05)
    assert info.frame_rate == 25


@pytest.mark.parametrize(("clockwise", "rotation"), [(0, 0), (1, 270), (2, 180), (3, 90)])
def test_the_rotation_that_a_header_states(tmp_path, clockwise, rotation):
    write_film(tmp_path / "film.mp4", range(0, 1000, 40))
    turn(tmp_path / "film.mp4", clockwise)

    info = media_info(tmp_path / "film.mp4")

    assert (info.width, info.height, info.rotation) == (80, 48, rotation)
