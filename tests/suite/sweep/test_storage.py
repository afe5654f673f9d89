import errno
import uuid

import pytest
from fsspec.implementations.local import LocalFileSystem

from nbutils.suite import OutputError, UsageError
from nbutils.suite.sweep.storage import Folder


@pytest.fixture(params=["path", "file URL", "memory URL"])
def folder(request, tmp_path):
    urls = {
        "path": str(tmp_path / "a [1]*"),
        "file URL": f"file://{tmp_path}/x",
        "memory URL": f"memory://{uuid.uuid4()}",
    }
    return Folder(urls[request.param])


def test_a_file_is_read_as_it_was_written_and_nothing_else_is_left(folder):
    folder.write("runs/one/x.json", b"old")
    folder.write("runs/one/x.json", b"new")
    assert folder.read("runs/one/x.json") == b"new"
    assert folder.names("runs/one") == ["x.json"]
    assert folder.names() == ["runs"]


def test_a_local_file_is_copied(folder, tmp_path):
    (tmp_path / "drawn.png").write_bytes(b"drawn")
    folder.copy("runs/one/drawn.png", tmp_path / "drawn.png")
    assert folder.read("runs/one/drawn.png") == b"drawn"
    assert folder.names("runs/one") == ["drawn.png"]


def test_what_is_not_there_is_none(folder):
    assert folder.names() == []
    assert folder.names("runs") == []
    assert folder.read("runs/x.json") is None
    folder.write("runs/x.json", b"")
    assert folder.read_all(["runs/x.json", "runs/y.json"]) == {"runs/x.json": b""}
    assert folder.read_all([]) == {}


def test_files_and_folders_are_removed(folder):
    for name in ("runs/a", "runs/b", "runs/c/d"):
        folder.write(name, b"")
    folder.remove("runs/a")
    folder.remove("runs/c")
    assert folder.names("runs") == ["b"]


def test_another_process_sees_what_this_one_writes_although_listings_are_cached(folder):
    other = Folder(folder.url)
    folder.write("a", b"")
    assert other.names() == ["a"]
    folder.write("b", b"")
    assert other.names() == ["a", "b"]


@pytest.mark.parametrize("step", ["pipe_file", "mv"])
def test_a_full_disk_leaves_the_old_file_and_no_other(tmp_path, monkeypatch, step):
    folder = Folder(str(tmp_path))
    folder.write("x.json", b"old")

    def full(self, path, *_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(LocalFileSystem, step, full)
    with pytest.raises(OutputError, match=r"Cannot write .* \(No space left on device\); make room .* --resume"):
        folder.write("x.json", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["x.json"]
    assert folder.read("x.json") == b"old"


def test_an_interrupted_write_leaves_the_old_file(tmp_path, monkeypatch):
    folder = Folder(str(tmp_path))
    folder.write("x.json", b"old")

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(LocalFileSystem, "mv", interrupted)
    with pytest.raises(KeyboardInterrupt):
        folder.write("x.json", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["x.json"]


def test_a_relative_path_becomes_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert Folder("out/x").url == f"{tmp_path}/out/x"


def test_a_file_in_the_way_is_named(tmp_path):
    (tmp_path / "x").write_text("")
    with pytest.raises(OutputError, match=f"{tmp_path}/x"):
        Folder(str(tmp_path / "x")).write("runs/a", b"")


@pytest.mark.parametrize("url", ["no-such-protocol://x", "s3"])
def test_an_unknown_protocol_is_named(url, monkeypatch):
    if url == "s3":
        monkeypatch.setitem(__import__("sys").modules, "s3fs", None)
        url = "s3://bucket/x"
    with pytest.raises(UsageError, match=f"Cannot use {url} as an output folder"):
        Folder(url)
