import json

import nbformat
import pytest

from nbutils.suite import UsageError
from nbutils.suite.sweep.plan import begin, default_folder, resume, run_name, store
from nbutils.suite.sweep.storage import Folder

RUNS = [{"count": 1, "label": "a"}, {"count": 2, "label": "a"}]


@pytest.fixture
def folder(tmp_path):
    return Folder(str(tmp_path / "sweep"))


@pytest.fixture
def begun(folder, notebook):
    plan = begin(folder, notebook, RUNS)
    store(plan)
    return plan


class TestNames:
    def test_are_readable_and_do_not_depend_on_the_order(self):
        assert run_name({"b": 1, "a": "x"}) == run_name({"a": "x", "b": 1})
        assert run_name({"b": 1, "a": "x"}).startswith("a-x_b-1-")

    @pytest.mark.parametrize("text", ["../../etc/passwd", "/root", "a/b", "*?[x]", "über", "", ".", "x" * 500, "\n"])
    def test_are_names_of_one_folder_whatever_the_value(self, text):
        name = run_name({"model": text})
        assert len(name) < 120
        assert not set(name) - set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
        assert not name.startswith((".", "-"))

    def test_differ_for_values_that_look_alike(self):
        values = ["a/b", "a b", "a-b", 1, 1.0, "1", True, "True", None, "None"]
        assert len({run_name({"x": value}) for value in values}) == len(values)

    def test_a_run_of_defaults_has_a_name_too(self):
        assert len(run_name({})) == 10


def test_nothing_is_written_before_the_plan_is_stored(folder, notebook):
    plan = begin(folder, notebook, RUNS)
    assert folder.names() == []
    store(plan)
    assert folder.names() == ["asks.ipynb", "sweep.json"]


@pytest.mark.parametrize("parameters", [None, RUNS, [dict(reversed(run.items())) for run in reversed(RUNS)]])
def test_a_sweep_is_resumed_with_or_without_its_grid(begun, folder, notebook, parameters):
    assert resume(folder, notebook, parameters).runs == begun.runs


def test_words_and_outputs_of_the_notebook_may_change_and_its_code_may_not(begun, folder, notebook):
    cells = nbformat.read(notebook, as_version=4)
    cells.cells[0].source += " more words"
    cells.cells[1].outputs = [nbformat.v4.new_output("stream", text="x")]
    nbformat.write(cells, notebook)
    resume(folder, notebook, None)
    cells.cells[-1].source += "  "
    nbformat.write(cells, notebook)
    with pytest.raises(UsageError, match=r"code of asks has changed since .* was begun; choose another folder"):
        resume(folder, notebook, None)


def test_another_grid_is_refused_with_the_difference(begun, folder, notebook):
    with pytest.raises(UsageError, match="2 of these runs are not in it and 1 of its runs are not among these"):
        resume(folder, notebook, [RUNS[0], {"count": 9}, {"count": 8}])


def test_another_notebook_is_refused(begun, folder, make_notebook, finish, tmp_path):
    with pytest.raises(UsageError, match="holds a sweep of asks, not of other"):
        resume(folder, make_notebook(tmp_path, "other", finish), None)


def test_a_folder_that_holds_a_sweep_is_not_begun_again(begun, folder, notebook):
    with pytest.raises(UsageError, match="holds a sweep already; add --resume"):
        begin(folder, notebook, RUNS)


def test_a_folder_with_other_files_is_refused(folder, notebook):
    folder.write("thesis.txt", b"")
    with pytest.raises(UsageError, match=r"holds other files, such as thesis.txt; choose"):
        begin(folder, notebook, RUNS)


def test_a_folder_without_a_sweep_is_not_resumed(folder, notebook):
    with pytest.raises(UsageError, match="holds no sweep to resume"):
        resume(folder, notebook, None)


@pytest.mark.parametrize("content", [b"", b"[]", b'{"schema_version": 2}', b"\xff"])
def test_a_manifest_that_is_none_is_refused(folder, notebook, content):
    folder.write("sweep.json", content)
    with pytest.raises(UsageError, match=r"sweep.json does not describe a sweep"):
        resume(folder, notebook, None)


def test_a_manifest_cannot_bring_in_code_as_a_parameter_name(begun, folder, notebook):
    manifest = json.loads(folder.read("sweep.json"))
    manifest["runs"][1] = {"count=1; import os": 1}
    folder.write("sweep.json", json.dumps(manifest).encode())
    with pytest.raises(UsageError, match="has no parameter"):
        resume(folder, notebook, None)


def test_the_default_folder_is_one_for_each_grid(notebook):
    assert default_folder(notebook, RUNS) == default_folder(notebook, RUNS[::-1])
    assert default_folder(notebook, RUNS) != default_folder(notebook, RUNS[:1])
