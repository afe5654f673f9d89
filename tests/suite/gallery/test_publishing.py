import os

import pytest

from nbutils.suite.errors import OutputError
from nbutils.suite.gallery.publishing import check_replaceable, publish

CONTENTS = {"index.html": b"one", "assets/a.png": b"two"}


def files_in(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_gallery_is_written_with_a_list_of_its_files(tmp_path):
    publish(tmp_path / "deep" / "gallery", CONTENTS)
    written = files_in(tmp_path / "deep" / "gallery")
    assert written.pop("gallery.json")
    assert written == CONTENTS
    assert os.listdir(tmp_path / "deep") == ["gallery"]


def test_a_gallery_replaces_a_gallery(tmp_path):
    publish(tmp_path / "gallery", CONTENTS)
    publish(tmp_path / "gallery", {"index.html": b"new"})
    assert files_in(tmp_path / "gallery").keys() == {"index.html", "gallery.json"}
    assert os.listdir(tmp_path) == ["gallery"]


def test_an_empty_folder_becomes_a_gallery(tmp_path):
    (tmp_path / "gallery").mkdir()
    publish(tmp_path / "gallery", CONTENTS)
    assert (tmp_path / "gallery" / "index.html").read_bytes() == b"one"


def test_a_link_to_a_folder_stays_a_link(tmp_path):
    publish(tmp_path / "there", CONTENTS)
    (tmp_path / "link").symlink_to(tmp_path / "there")
    publish(tmp_path / "link", {"index.html": b"new"})
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "there" / "index.html").read_bytes() == b"new"


@pytest.mark.parametrize("inside", [{"thesis.tex": b"x"}, {"gallery.json": b"{"}, {"gallery.json": b'{"files": 3}'}])
def test_another_folder_is_left_as_it_is(tmp_path, inside):
    for name, content in inside.items():
        (tmp_path / name).write_bytes(content)
    with pytest.raises(OutputError, match=r"is not a gallery, so it is left as it is; choose another folder with -o"):
        publish(tmp_path, CONTENTS)
    assert files_in(tmp_path) == inside


def test_a_gallery_to_which_something_was_added_is_left_as_it_is(tmp_path):
    publish(tmp_path / "gallery", CONTENTS)
    (tmp_path / "gallery" / "assets" / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match=r"holds assets/notes.txt, which is not of its gallery"):
        publish(tmp_path / "gallery", {"index.html": b"new"})
    assert (tmp_path / "gallery" / "index.html").read_bytes() == b"one"


def test_a_file_in_the_way_is_an_error(tmp_path):
    (tmp_path / "gallery").write_text("")
    with pytest.raises(OutputError, match="a file is in its way"):
        check_replaceable(tmp_path / "gallery")


@pytest.mark.parametrize("cut_at", ["write", "first rename", "second rename"])
@pytest.mark.parametrize("how", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_an_interrupted_gallery_leaves_the_old_one(tmp_path, monkeypatch, cut_at, how):
    publish(tmp_path / "gallery", CONTENTS)
    before = files_in(tmp_path / "gallery")
    rename, renames = os.rename, []

    def cut(source, target):
        renames.append(source)
        if len(renames) == {"first rename": 1, "second rename": 2}.get(cut_at):
            raise how
        rename(source, target)

    def fail(*arguments, **named):
        raise how

    monkeypatch.setattr(os, "rename", cut)
    if cut_at == "write":
        monkeypatch.setattr("pathlib.Path.write_bytes", fail)
    with pytest.raises((OutputError, KeyboardInterrupt)):
        publish(tmp_path / "gallery", {"index.html": b"new"})
    monkeypatch.undo()
    assert files_in(tmp_path / "gallery") == before
    assert os.listdir(tmp_path) == ["gallery"]
