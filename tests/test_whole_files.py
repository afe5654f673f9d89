import os

import pytest

from nbutils.whole_files import remove_unfinished, whole_file, write_whole


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


def test_a_library_writes_to_another_name_until_it_is_done(tmp_path):
    with whole_file(tmp_path / "x.mp4") as unfinished:
        unfinished.write_bytes(b"half")
        assert not (tmp_path / "x.mp4").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["x.mp4"]


def test_a_file_in_the_folders_place_is_told_as_it_is(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError):
        write_whole(tmp_path / "file" / "x.json", b"new")
