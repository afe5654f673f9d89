import json

import pytest
from nbformat.v4 import new_markdown_cell, new_output

from nbutils.suite.findings import MIME_TYPE
from nbutils.suite.gallery.reading import read
from tests.suite.gallery.made_notebooks import code, display, findings, whole, write


def test_a_whole_notebook_has_findings_and_no_problem(tmp_path):
    notebook = read(whole(tmp_path / "a.ipynb"))
    assert notebook.problem is None
    assert [finding["verdict"] for finding in notebook.findings] == ["holds", "fails", "not testable here"]
    assert notebook.changed == {}
    assert notebook.language == "python"


def test_parameters_that_were_changed_are_known(tmp_path):
    assert read(whole(tmp_path / "a.ipynb", parameters={"count": 5, "seed": 0})).changed == {"count": 5}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "3",
        "{}",
        '{"cells": 3, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}',
        "\x00",
        '{"a": NaN}',
    ],
)
def test_a_file_that_is_no_notebook_is_said_to_be_none(tmp_path, content):
    (tmp_path / "a.ipynb").write_text(content)
    notebook = read(tmp_path / "a.ipynb")
    assert notebook.problem.startswith("cannot be read as a notebook (")
    assert notebook.cells == []


def test_bytes_that_are_no_text_are_no_notebook(tmp_path):
    (tmp_path / "a.ipynb").write_bytes(b"\xff\xfe\x00")
    assert read(tmp_path / "a.ipynb").problem.startswith("cannot be read")


def test_a_cell_of_the_wrong_shape_makes_no_notebook(tmp_path):
    path = whole(tmp_path / "a.ipynb")
    content = json.loads(path.read_text())
    content["cells"][0]["source"] = {"no": "text"}
    path.write_text(json.dumps(content))
    assert read(path).problem.startswith("cannot be read")


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ([new_markdown_cell("# T")], "has not been executed"),
        ([new_markdown_cell("# T"), code("x", number=None)], "has not been executed"),
        ([code("x")], "was executed but ended without findings"),
        (
            [code("x", new_output("error", ename="ValueError", evalue="no\nway", traceback=[]), number=2)],
            "stopped in cell [2] with ValueError: no way",
        ),
        ([code("x", display({MIME_TYPE: {"findings": [{"claim": 3}]}}))], "carries findings that are damaged"),
        ([code("x", display({MIME_TYPE: "text"}))], "carries findings that are damaged"),
        ([code("x", display({MIME_TYPE: {"findings": [], "parameters": 3}}))], "carries findings that are damaged"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, cells, problem):
    assert read(write(tmp_path / "a.ipynb", *cells)).problem == problem


def test_a_notebook_of_an_old_format_is_read(tmp_path):
    path = whole(tmp_path / "a.ipynb")
    content = json.loads(path.read_text()) | {"nbformat_minor": 2}
    for cell in content["cells"]:
        del cell["id"]
    path.write_text(json.dumps(content))
    assert read(path).problem is None


def test_no_findings_are_findings_too(tmp_path):
    assert read(write(tmp_path / "a.ipynb", code("x", findings()))).problem is None
