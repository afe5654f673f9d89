import pytest

from nbutils.__main__ import main
from nbutils.suite import project
from tests.suite.gallery.made_notebooks import hostile, whole, write


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setattr(project, "root", lambda: tmp_path)
    whole(tmp_path / "notebooks" / "growth.ipynb")
    return tmp_path


def test_a_gallery_of_the_project(root, capsys):
    assert main(["gallery"]) == 0
    assert capsys.readouterr().out == f"{root / 'results' / 'gallery' / 'index.html'}\n"
    assert {path.name for path in (root / "results" / "gallery").iterdir()} == {
        "assets",
        "gallery.json",
        "growth.html",
        "index.html",
        "style.css",
    }


def test_a_rerun_changes_no_byte(root):
    contents = []
    for _ in range(2):
        assert main(["gallery", "-o", str(root / "out")]) == 0
        contents.append({path: path.read_bytes() for path in (root / "out").rglob("*") if path.is_file()})
    assert contents[0] == contents[1]


def test_what_is_wrong_with_a_notebook_is_told(root, capsys):
    write(root / "notebooks" / "early.ipynb")
    assert main(["gallery"]) == 0
    assert capsys.readouterr().out.startswith("early has not been executed\n")


def test_scripts_are_allowed_by_an_option(root):
    path = str(hostile(root / "hostile.ipynb"))
    for options, runs in (([], False), (["--allow-scripts"], True)):
        assert main(["gallery", path, "-o", str(root / "out"), *options]) == 0
        assert (b"<script>attacked()" in (root / "out" / "hostile.html").read_bytes()) == runs


@pytest.mark.parametrize("arguments", [["nosuch"], ["-o", "notebooks"], ["empty"]])
def test_wrong_usage_is_one_sentence(root, monkeypatch, capsys, arguments):
    (root / "empty").mkdir()
    monkeypatch.chdir(root)
    assert main(["gallery", *arguments]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    assert (root / "notebooks" / "growth.ipynb").exists()
    assert not (root / "results").exists()


def test_no_notebooks_are_one_sentence(root, capsys):
    (root / "notebooks" / "growth.ipynb").unlink()
    assert main(["gallery"]) == 2
    assert "There is no notebook and no sweep in" in capsys.readouterr().err
