import os

import pytest

from nbutils.suite import OutputError
from nbutils.suite.folders import open_folder


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
