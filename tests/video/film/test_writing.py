import av
import numpy as np
import pandas as pd
import pytest

from nbutils.video.annotations import read_annotations, write_annotations
from nbutils.video.boundaries import find_shots
from nbutils.video.film.pictures import HEIGHT, WIDTH, Painter
from nbutils.video.film.script import Cues, Line, Music, Scene, Script, Shot
from nbutils.video.film.sound import film_sound, loudness
from nbutils.video.film.topics import SHOWN_TOPIC
from nbutils.video.film.writing import annotations_of, captions_of, scenes_of, write_film
from nbutils.video.media import SAMPLE_RATE, Frame, Sound, decode, media_info, read_captions, write_srt


@pytest.fixture(scope="module")
def script():
    """6 s: the presenter speaks, then a close-up with music."""
    tone = np.sin(np.arange(2 * SAMPLE_RATE) / 8).astype(np.float32)
    first = Line("First.", 0.5, 2.5, 0.5, tone)
    second = Line("Second.", 3.5, 5.5, 4.0, tone)
    scenes = (
        Scene(0.0, 3.0, Cues(False, False, False), (first,), (Shot(0.0, 3.0, False, 1),), ()),
        Scene(3.0, 6.0, Cues(True, True, False), (second,), (Shot(3.0, 6.0, True, 2),), (Music(3.0, 6.0, 0.3),)),
    )
    return Script("short", SHOWN_TOPIC, False, 3, scenes)


@pytest.fixture(scope="module")
def video(script, tmp_path_factory):
    path = tmp_path_factory.mktemp("film") / "short.mp4"
    write_film(script, path)
    return path


def test_a_film_is_decoded_as_long_as_its_script_with_its_sound(script, video):
    items = list(decode(video))
    assert items[-1].duration == pytest.approx(6.0, abs=0.01)
    assert items[-1].notes == ()
    assert sum(isinstance(item, Frame) for item in items) == 6
    heard = np.concatenate([item.samples for item in items if isinstance(item, Sound)])
    written = film_sound(script)
    loud = [
        np.array([np.abs(x[int(t * SAMPLE_RATE) :][:1600]).mean() for t in (0.1, 1.5, 2.7, 4.5)])
        for x in (heard, written)
    ]
    np.testing.assert_allclose(*loud, rtol=0.35, atol=0.01)
    assert (
        heard[int(0.1 * SAMPLE_RATE) : int(0.4 * SAMPLE_RATE)].std() < 0.1 * heard[SAMPLE_RATE : 2 * SAMPLE_RATE].std()
    )


def test_the_cut_between_scenes_is_where_the_script_has_it(video):
    shots = find_shots(video)
    assert list(shots["start"]) == pytest.approx([0.0, 3.0])


def test_browsers_can_play_it_from_the_beginning(video):
    info = media_info(video)
    assert (info.video_codec, info.audio_codec, info.width, info.height) == ("h264", "opus", WIDTH, HEIGHT)
    content = video.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")
    with av.open(str(video)) as container:
        keys = [float(p.pts * p.time_base) for p in container.demux(video=0) if p.is_keyframe and p.pts is not None]
        assert container.streams.video[0].pix_fmt == "yuv420p"
    assert max(np.diff([*keys, 6.0])) <= 2.0


def test_captions_annotations_and_scenes_tell_what_was_planted(script, tmp_path):
    write_srt(captions_of(script), tmp_path / "short.srt")
    captions = read_captions(tmp_path / "short.srt").table
    assert captions.to_numpy().tolist() == [[0.5, 2.5, "First."], [4.0, 5.5, "Second."]]
    scenes = scenes_of(script)
    assert list(scenes["highlight"]) == [False, True]
    write_annotations(annotations_of(scenes), tmp_path / "short.json")
    read = read_annotations(tmp_path / "short.json")
    assert read.clips[["video_id", "start", "end"]].to_numpy().tolist() == [["short", 3.0, 6.0]]
    assert read.windows[["duration", "coverage"]].to_numpy().tolist() == [[6.0, 0.5]]


def test_annotations_of_several_films_keep_one_without_highlights():
    scenes = pd.DataFrame(
        [("b", 0.0, 15.0, False), ("b", 15.0, 30.0, True), ("a", 0.0, 20.0, False)],
        columns=["video_id", "start", "end", "highlight"],
    )
    made = annotations_of(scenes)
    assert made.windows[["window_id", "duration", "clips", "coverage"]].to_numpy().tolist() == [
        ["b@0", 30.0, 1, 0.5],
        ["a@0", 20.0, 0, 0.0],
    ]
    assert list(made.clips["window_id"]) == ["b@0"]


def test_the_mouth_moves_with_the_voice_and_only_the_presenters(script):
    painter = Painter(script)
    presenter, close_up = (scene.shots[0] for scene in script.scenes)
    closed, opened = (painter.picture(presenter, 1.0, mouth) for mouth in (0.0, 1.0))
    assert closed.shape == (HEIGHT, WIDTH, 3)
    changed = np.argwhere((closed != opened).any(-1))
    assert 0 < len(changed) < 0.05 * HEIGHT * WIDTH
    np.testing.assert_array_equal(painter.picture(close_up, 4.0, 0.0), painter.picture(close_up, 4.0, 1.0))
    levels = loudness(film_sound(script), np.array([0.1, 1.5]))
    assert levels[0] < 0.1 < 0.5 < levels[1] <= 1


def test_close_ups_are_brighter_and_move_more_than_the_presenter(script):
    painter = Painter(script)
    presenter, close_up = (scene.shots[0] for scene in script.scenes)
    pictures = {
        shot: [painter.picture(shot, shot.start + t, 0.3).astype(float) for t in (0.5, 1.0)]
        for shot in (presenter, close_up)
    }
    colour = {shot: (p[0].max(-1) - p[0].min(-1)).mean() for shot, p in pictures.items()}
    change = {shot: np.abs(p[1] - p[0]).mean() for shot, p in pictures.items()}
    assert colour[close_up] > 2 * colour[presenter]
    assert change[close_up] > 3 * change[presenter]
