"""A new notebook in a copy of the source tree: it is like the others and runs."""

import os
import shutil
import subprocess
import sys

import nbformat
import pytest

from nbutils.suite import OutputError, UsageError, project, read_findings
from nbutils.suite.new import skeleton
from nbutils.suite.new.naming import LONGEST_NAME, checked

OWN = "n" * LONGEST_NAME
ROOM = "m" * LONGEST_NAME
TITLE = 'Is "$x" {wide} \\ or """ <b>bold</b>?'


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A copy of the source tree."""
    folder = tmp_path_factory.mktemp("tree")
    for name in ("nbutils", "notebooks", "tests/notebooks"):
        shutil.copytree(project.root() / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(project.root() / "pyproject.toml", folder)
    return folder


@pytest.fixture(scope="module")
def in_tree(tree):
    """Runs a module of Python in the copy."""

    def run(*arguments):
        environment = {**os.environ, "PYTHONPATH": str(tree)}
        command = [sys.executable, "-m", *arguments]
        return subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True)

    return run


@pytest.fixture(scope="module")
def made(tree, in_tree):
    """The copy with two new notebooks, one with a package of its own, one in a room of `moe`."""
    for arguments in ([OWN, "--title", TITLE], [ROOM, "--theme", "moe"]):
        done = in_tree("nbutils", "new", *arguments)
        assert done.returncode == 0, done.stderr
    return tree


@pytest.mark.slow
def test_a_new_notebook_is_like_the_others(made, in_tree):
    anatomy = ("tests/notebooks/test_anatomy.py", "-k", f"{OWN} or {ROOM}")
    done = in_tree("pytest", "-q", "-p", "no:cacheprovider", *anatomy)
    assert done.returncode == 0, done.stdout
    done = in_tree("pytest", "-q", "-p", "no:cacheprovider", f"tests/{OWN}", f"tests/moe/{ROOM}")
    assert done.returncode == 0, done.stdout
    new = [f"nbutils/{OWN}", f"nbutils/moe/{ROOM}", f"tests/{OWN}", f"tests/moe/{ROOM}", f"notebooks/{OWN}.ipynb"]
    for task in (["check"], ["format", "--check"]):
        done = in_tree("ruff", *task, "--no-cache", *new, f"notebooks/{ROOM}.ipynb")
        assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_a_new_notebook_runs_to_a_finding(made, in_tree):
    done = in_tree("nbutils", "run", OWN, "-p", "effect", "-1")
    assert done.returncode == 0, done.stderr
    [finding] = read_findings(made / "results" / OWN / f"{OWN}.ipynb")["findings"]
    assert finding["verdict"] == "fails"
    assert finding["interval"][0] < -1 < finding["interval"][1]


@pytest.mark.slow
def test_title_and_index_are_as_given(made):
    [title, *_] = nbformat.read(made / "notebooks" / f"{OWN}.ipynb", as_version=4).cells[0].source.splitlines()
    assert title == f"# {TITLE}"
    index = (made / "notebooks" / "index.ipynb").read_text()
    assert f"({OWN}.ipynb)" in index
    assert f"({ROOM}.ipynb)" in index
    assert "<b>bold" not in index


@pytest.fixture
def empty_tree(tmp_path, monkeypatch):
    for folder in ("nbutils", "notebooks", "tests"):
        (tmp_path / folder).mkdir(parents=True)
    monkeypatch.setattr(project, "root", lambda: tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (OSError(28, "No space left on device"), OutputError),
        (skeleton.CellExecutionError("traceback", "ValueError", "it is wrong"), UsageError),
        (KeyboardInterrupt(), KeyboardInterrupt),
    ],
)
def test_what_fails_leaves_nothing(empty_tree, monkeypatch, error, shown):
    def fail(content):
        raise error

    monkeypatch.setattr(skeleton, "_executed", fail)
    before = sorted(empty_tree.rglob("*"))
    with pytest.raises(shown):
        skeleton.make(checked("nest", None, None))
    assert sorted(empty_tree.rglob("*")) == before
