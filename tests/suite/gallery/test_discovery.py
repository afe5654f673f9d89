import json

import pytest

from nbutils.suite import project
from nbutils.suite.errors import UsageError
from nbutils.suite.findings import read_findings
from nbutils.suite.gallery.discovery import Sources, failed_rerun, sources
from tests.suite.gallery.made_notebooks import whole


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A project with two notebooks and an index."""
    monkeypatch.setattr(project, "root", lambda: tmp_path)
    for name in ("b", "a", "index"):
        whole(tmp_path / "notebooks" / f"{name}.ipynb")
    return tmp_path


def executed(root, name, **parameters):
    """Leave what a run of a notebook leaves."""
    path = whole(root / "results" / name / f"{name}.ipynb", parameters=parameters)
    (path.parent / "findings.json").write_text(json.dumps(read_findings(path)))
    return path


def sweep(folder):
    folder.mkdir(parents=True)
    (folder / "sweep.json").write_text("{}")
    whole(folder / "a.ipynb")
    whole(folder / "runs" / "x" / "a.ipynb")
    return folder


def test_the_projects_notebooks_without_the_index(root):
    assert sources([]) == Sources([root / "notebooks" / "a.ipynb", root / "notebooks" / "b.ipynb"], [])


def test_complete_results_come_before_the_notebook_itself(root):
    path = executed(root, "b")
    assert sources([]).notebooks == [root / "notebooks" / "a.ipynb", path]
    assert sources(["b", "a"]).notebooks == [path, root / "notebooks" / "a.ipynb"]


def test_results_without_findings_or_of_another_run_do_not(root):
    executed(root, "a")
    (root / "results" / "a" / "findings.json").unlink()
    executed(root, "b", count=9)
    (root / "results" / "b" / "findings.json").write_text(json.dumps(read_findings(root / "notebooks" / "b.ipynb")))
    assert sources([]).notebooks == [root / "notebooks" / "a.ipynb", root / "notebooks" / "b.ipynb"]


def test_results_of_a_users_own_notebook_are_shown(root):
    assert executed(root, "own") in sources([]).notebooks


def test_sweeps_in_the_results_are_shown_without_their_runs(root):
    folder = sweep(root / "results" / "sweeps" / "a-1")
    assert sources([]).sweeps == [folder]
    assert sources([str(root / "results")]) == Sources([], [folder])
    assert sources([str(folder)]) == Sources([], [folder])


def test_a_folder_of_results_is_searched(root, tmp_path):
    first, second = executed(root, "a"), executed(root, "b")
    whole(root / "results" / "a" / ".ipynb_checkpoints" / "a-checkpoint.ipynb")
    assert sources([str(root / "results")]).notebooks == [first, second]
    assert sources([str(root / "results" / "a"), str(first)]).notebooks == [first]


def test_a_failed_run_is_shown_only_where_there_is_no_result(root):
    path = executed(root, "a")
    failed = whole(root / "results" / "a" / "a.failed.ipynb")
    alone = whole(root / "results" / "c" / "c.failed.ipynb")
    assert sources([str(root / "results")]).notebooks == [path, alone]
    assert failed_rerun(path) == failed
    assert failed_rerun(root / "notebooks" / "a.ipynb") == failed
    assert failed_rerun(root / "notebooks" / "b.ipynb") is None
    assert failed_rerun(whole(root / "elsewhere" / "a.ipynb")) is None


def test_an_unknown_name_is_an_error(root):
    with pytest.raises(UsageError, match=r"no notebook 'c'.*available are a, b"):
        sources(["c"])


def test_an_empty_folder_is_an_error(root):
    (root / "empty").mkdir()
    with pytest.raises(UsageError, match=r"no notebook and no sweep in .*empty"):
        sources([str(root / "empty")])


def test_nothing_at_all_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(project, "root", lambda: tmp_path)
    with pytest.raises(UsageError, match="no notebook and no sweep in"):
        sources([])
