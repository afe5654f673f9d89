import pandas as pd
import pytest

from nbutils.video.errors import VideoError
from nbutils.video.export import captions_between, write_clip_captions
from nbutils.video.media import read_captions

ROWS = [(0.0, 4.0, "one"), (4.0, 6.5, "two"), (6.5, 9.0, "three"), (20.0, 22.0, "four")]


@pytest.fixture
def captions():
    return pd.DataFrame(ROWS, columns=["start", "end", "text"])


def test_captions_are_cut_and_shifted(captions):
    shown = captions_between(captions, 3.0, 8.0)
    assert list(shown.itertuples(index=False, name=None)) == [(0, 1, "one"), (1, 3.5, "two"), (3.5, 5, "three")]


def test_a_flash_of_a_caption_is_left_out(captions):
    assert captions_between(captions, 3.98, 6.0)["text"].tolist() == ["two"]


def test_files_are_read_back(tmp_path, captions, clips_at):
    written = write_clip_captions(captions, clips_at((3, 8), (10, 15)), tmp_path)
    assert written["captions"].tolist() == [3, 0]
    read = read_captions(tmp_path / written["captions_file"].iloc[0]).table
    assert read["text"].tolist() == ["one", "two", "three"]
    assert read["start"].tolist() == [0, 1, 3.5]


def test_times_count_from_the_start_of_the_file(tmp_path, captions, clips_at):
    cut = clips_at((5, 8)).assign(file_start=3.5, file="abc_01.mp4")
    written = write_clip_captions(captions, cut, tmp_path)
    assert written["captions_file"].tolist() == ["abc_01.srt"]
    assert read_captions(tmp_path / "abc_01.srt").table["start"].tolist() == [0, 0.5, 3]


def test_malformed_captions_are_refused(tmp_path, captions, clips_at):
    with pytest.raises(VideoError, match="row 1 of the table of captions ends at 3 s"):
        write_clip_captions(captions.assign(end=3.0), clips_at((0, 8)), tmp_path)


@pytest.mark.parametrize("text", [None, float("nan"), 5])
def test_captions_without_text_are_refused(captions, text):
    with pytest.raises(VideoError, match=r"row 1 of the table of captions: text is (nan|None|5), which is no text"):
        captions_between(captions.assign(text=["one", text, "three", "four"]), 3.0, 8.0)
