from pathlib import Path

import pytest

import nbutils
from nbutils.suite import UsageError, project


@pytest.fixture
def tree(tmp_path, monkeypatch) -> Path:
    (tmp_path / "notebooks").mkdir()
    for name in ("router_norms", "depth_stacking", "index"):
        (tmp_path / "notebooks" / f"{name}.ipynb").write_text("{}")
    monkeypatch.setattr(project, "root", lambda: tmp_path)
    return tmp_path


def test_the_root_of_a_source_tree_holds_the_package():
    assert project.root() == Path(nbutils.__file__).resolve().parents[1]


@pytest.mark.parametrize("metadata", [None, '[project]\nname = "other"'])
def test_an_installed_wheel_uses_the_working_directory(tmp_path, monkeypatch, metadata):
    site = tmp_path / "site-packages"
    site.mkdir()
    if metadata:
        (site / "pyproject.toml").write_text(metadata)
    monkeypatch.setattr(project, "__file__", str(site / "nbutils" / "suite" / "project.py"))
    monkeypatch.chdir(tmp_path)
    assert project.root() == tmp_path


def test_notebooks_but_the_index_are_found_by_name_and_by_path(tree):
    assert list(project.notebooks()) == ["depth_stacking", "router_norms"]
    path = tree / "notebooks" / "router_norms.ipynb"
    assert project.find_notebook("router_norms") == path
    assert project.find_notebook(str(path)) == path


@pytest.mark.parametrize("wrong", ["router_norm", "notebooks", "nowhere/router_norms.ipynb", ""])
def test_an_unknown_notebook_lists_the_available_ones(tree, wrong):
    with pytest.raises(UsageError, match="available are depth_stacking, router_norms"):
        project.find_notebook(wrong)


def test_a_close_name_is_suggested(tree):
    with pytest.raises(UsageError, match="did you mean 'router_norms'"):
        project.find_notebook("router_norm")


def test_results_lie_below_the_root(tree):
    assert project.results_folder("x") == tree / "results" / "x"
