import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbutils.video.export import clip_file_name, safe_name


@given(st.text(max_size=200))
def test_names_stay_in_their_folder(video_id):
    name = clip_file_name(video_id, 3, 1.0, 2.0, ".mp4")
    assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,130}", name)
    assert Path("folder", name).resolve().parent == Path("folder").resolve()


@given(st.text(max_size=20), st.text(max_size=20))
def test_different_ids_have_different_names(first, second):
    assert (safe_name(first) == safe_name(second)) == (first == second)


@pytest.mark.parametrize("video_id", ["o1diW_2W-cM", "my.film", "a" * 80])
def test_plain_ids_stay_as_they_are(video_id):
    assert safe_name(video_id) == video_id


@pytest.mark.parametrize(
    "video_id", ["../../etc/passwd", "C:\\x", "con", "NUL.mp4", "", "..", "-rf", "a\x00b", "\ud800"]
)
def test_dangerous_ids_are_changed(video_id):
    name = safe_name(video_id)
    assert name != video_id
    assert re.fullmatch(r"[A-Za-z0-9_]+", name)


def test_names_sort_by_number():
    assert clip_file_name("abc", 3, 12.5, 1048.04, ".mp4") == "abc_03_0012.5-1048.0.mp4"
