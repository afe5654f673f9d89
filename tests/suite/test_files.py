import os

import pytest

from nbutils.suite import OutputError
from nbutils.suite.files import open_folder, remove_unfinished, write_whole


def test_a_folder_is_made_with_its_parents(tmp_path):
    open_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()


@pytest.mark.parametrize("below", ["file", "file/deeper"])
def test_a_file_in_the_way_is_named_with_the_way_out(tmp_path, below):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"a file is in its way; choose one") as caught:
        open_folder(tmp_path / below)
    assert str(tmp_path / below) in str(caught.value)


def test_a_folder_without_write_permission_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: not mode & os.W_OK)
    with pytest.raises(OutputError, match="Cannot write to the output folder"):
        open_folder(tmp_path)


def test_a_file_is_replaced_and_nothing_else_is_left(tmp_path):
    write_whole(tmp_path / "x.json", b"old")
    write_whole(tmp_path / "x.json", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["x.json"]
    assert (tmp_path / "x.json").read_bytes() == b"new"


def test_an_interrupted_write_keeps_the_old_file(tmp_path, monkeypatch):
    write_whole(tmp_path / "x.json", b"old")

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "x.json", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["x.json"]
    assert (tmp_path / "x.json").read_bytes() == b"old"


def test_what_a_killed_process_left_is_removed(tmp_path, monkeypatch):
    (tmp_path / "kept.json").write_text("")
    # A process that is killed between writing and renaming runs no clean-up.
    monkeypatch.setattr(os, "replace", lambda *_: None)
    write_whole(tmp_path / "x.json", b"new")
    assert len(list(tmp_path.iterdir())) == 2
    remove_unfinished(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["kept.json"]
