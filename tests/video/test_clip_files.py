import pandas as pd
import pytest

from nbutils.video import VideoError, write_clips
from nbutils.video.clip_files import TABLE
from nbutils.video.media import media_info
from tests.video.export.made_videos import write_video

LOST = ("rejected.csv", "the candidates that were not chosen, with reasons")


@pytest.fixture(scope="module")
def two(tables):
    """The first seconds of two clips, as cutting whole ones takes long, and the candidates that were rejected."""
    clips = tables.chosen.clips.head(2)
    return tables.chosen._replace(clips=clips.assign(end=clips["start"] + 2.0))


def first(chosen, clips):
    return chosen._replace(clips=chosen.clips.head(clips))


def behind_the_end(chosen, row):
    """The same with one clip that no picture is on screen in."""
    clips = chosen.clips.copy()
    clips.loc[clips.index[row], ["start", "end"]] = (9000.0, 9002.0)
    return chosen._replace(clips=clips)


def test_clips_are_written_with_their_captions_and_lists(given, two, tmp_path):
    told = write_clips(given.shown, two, tmp_path / "clips")

    assert sorted(told["file"]) == sorted(file.name for file in (tmp_path / "clips").iterdir())
    endings = [name.rpartition(".")[2] for name in told["file"]]
    assert endings == ["mp4", "mp4", "srt", "srt", "csv", "edl", "otio", "csv"]
    assert media_info(tmp_path / "clips" / told["file"].iloc[0]).duration == pytest.approx(2.0, abs=0.2)


@pytest.mark.parametrize("clips", [0, 1])
def test_rejected_candidates_are_written_with_their_reasons(given, two, tmp_path, clips):
    told = write_clips(given.shown, first(two, clips), tmp_path)

    assert tuple(told.iloc[-1]) == LOST
    written = pd.read_csv(tmp_path / "rejected.csv")
    pd.testing.assert_frame_equal(written, two.rejected, check_dtype=False)


def test_a_clip_that_cannot_be_cut_is_told_and_the_others_are_written(given, two, tmp_path):
    told = write_clips(given.shown, behind_the_end(two, 0), tmp_path)

    refused = told.loc[told["file"] == "none", "holds"].item()
    assert refused.startswith("clip 1 was not written: no frame of")
    assert pd.read_csv(tmp_path / TABLE)["number"].tolist() == [2]
    written = set(told["file"]) - {"none"}
    assert written == {file.name for file in tmp_path.iterdir()}
    assert len([name for name in written if name.endswith(".mp4")]) == 1


def test_where_no_clip_can_be_cut_there_is_no_table_of_them(given, two, tmp_path):
    told = write_clips(given.shown, behind_the_end(first(two, 1), 0), tmp_path)

    assert told["file"].tolist() == ["none", "rejected.csv"]
    assert [file.name for file in tmp_path.iterdir()] == ["rejected.csv"]


def test_a_rate_without_timecode_leaves_out_the_edit_lists(given, two, tmp_path):
    video = write_video(tmp_path / "slides.mp4", 5, times=(0, 4, 9, 21, 260))
    shown = given.shown._replace(file=video)
    one = first(two, 1)
    told = write_clips(shown, one._replace(clips=one.clips.assign(start=1.0, end=3.0)), tmp_path / "clips")

    assert (told["file"] == "none").sum() == 1
    assert "has no timecode" in told.loc[told["file"] == "none", "holds"].item()
    assert (tmp_path / "clips" / TABLE).exists()


def test_clips_of_the_run_before_are_removed_and_nothing_else(given, two, tmp_path):
    write_clips(given.shown, two, tmp_path)
    (tmp_path / "mine.mp4").write_text("")
    outside = tmp_path.parent / "outside.mp4"
    outside.write_text("")
    table = pd.read_csv(tmp_path / TABLE)
    pd.concat([table, table.head(1).assign(file="../outside.mp4")]).to_csv(tmp_path / TABLE, index=False)

    told = write_clips(given.shown, first(two, 1), tmp_path)

    assert sorted(file.name for file in tmp_path.glob("*.mp4")) == sorted([told["file"].iloc[0], "mine.mp4"])
    assert outside.exists()


def test_a_run_that_chooses_no_clip_leaves_nothing_of_the_one_before(given, two, tmp_path):
    write_clips(given.shown, first(two, 1), tmp_path)
    write_clips(given.shown, first(two, 0), tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["rejected.csv"]


def test_edit_lists_from_elsewhere_stay(given, two, tmp_path):
    for name in ("clips.edl", "clips.otio"):
        (tmp_path / name).write_text("mine")
    write_clips(given.shown, first(two, 0), tmp_path)
    assert [(tmp_path / name).read_text() for name in ("clips.edl", "clips.otio")] == ["mine", "mine"]


def test_a_table_that_is_none_does_no_harm(given, two, tmp_path):
    (tmp_path / TABLE).write_bytes(b"\xff\x00")

    told = write_clips(given.shown, first(two, 0), tmp_path)

    assert told["holds"].tolist() == ["no clip was chosen: lower threshold or min_length", LOST[1]]
    assert (tmp_path / TABLE).exists()


def test_without_a_video_only_what_was_rejected_is_written(given, two, tmp_path):
    told = write_clips(given.shown._replace(file=None), two, tmp_path / "clips")

    assert told["holds"].tolist() == ["there is no video file: set video to one", LOST[1]]
    assert [file.name for file in (tmp_path / "clips").iterdir()] == ["rejected.csv"]


def test_a_folder_that_cannot_be_made_is_named(given, two, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(VideoError, match=r"cannot make the folder .*file"):
        write_clips(given.shown, two, tmp_path / "file")
