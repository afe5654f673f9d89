import pandas as pd
import pytest

from nbutils.video import clip_players, write_clips
from nbutils.video.clip_files import TABLE
from nbutils.video.media import media_info


@pytest.fixture(scope="module")
def two(tables):
    """The first seconds of two clips, as cutting whole ones takes long."""
    clips = tables.chosen.clips.head(2)
    return clips.assign(end=clips["start"] + 2.0)


def test_clips_are_written_with_their_captions_and_lists(given, two, tmp_path):
    told = write_clips(given.shown, two, tmp_path / "clips")

    assert sorted(told["file"]) == sorted(file.name for file in (tmp_path / "clips").iterdir())
    assert [name.rpartition(".")[2] for name in told["file"]] == ["mp4", "mp4", "srt", "srt", "csv", "edl", "otio"]
    assert media_info(tmp_path / "clips" / told["file"].iloc[0]).duration == pytest.approx(2.0, abs=0.2)


def test_clips_of_the_run_before_are_removed_and_nothing_else(given, two, tmp_path):
    write_clips(given.shown, two, tmp_path)
    (tmp_path / "mine.mp4").write_text("")
    outside = tmp_path.parent / "outside.mp4"
    outside.write_text("")
    table = pd.read_csv(tmp_path / TABLE)
    pd.concat([table, table.head(1).assign(file="../outside.mp4")]).to_csv(tmp_path / TABLE, index=False)

    told = write_clips(given.shown, two.head(1), tmp_path)

    assert sorted(file.name for file in tmp_path.glob("*.mp4")) == sorted([told["file"].iloc[0], "mine.mp4"])
    assert outside.exists()


def test_a_table_that_is_none_does_no_harm(given, two, tmp_path):
    (tmp_path / TABLE).write_bytes(b"\xff\x00")

    assert write_clips(given.shown, two.head(0), tmp_path)["holds"].tolist() == [
        "no clip was chosen: lower threshold or min_length"
    ]
    assert (tmp_path / TABLE).exists()


def test_without_a_video_there_is_nothing_to_write_or_play(given, two, tmp_path):
    shown = given.shown._replace(file=None)

    assert write_clips(shown, two, tmp_path / "none")["holds"].tolist() == ["there is no video file: set video to one"]
    assert not (tmp_path / "none").exists()
    assert clip_players(shown, two)["text/plain"] == "No player: there is no video file: set video to one."


def test_players_show_the_beginning_of_each_clip(given, tables):
    one = tables.chosen.clips.head(1)

    html = clip_players(given.shown, one.assign(end=one["start"] + 11.0))["text/html"]

    assert html.count("<video ") == 1
    assert "Simulation: clip 1" in html
    assert "its first 10 s" in html
    assert "its first" not in clip_players(given.shown, one.assign(end=one["start"] + 1.0))["text/html"]
