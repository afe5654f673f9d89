import nbformat
import pytest

from nbutils.suite import index, project


@pytest.fixture
def tree(tmp_path, make_notebook, monkeypatch):
    folder = tmp_path / "notebooks"
    folder.mkdir()
    make_notebook(folder, "norms")
    make_notebook(folder, "index")
    monkeypatch.setattr(project, "root", lambda: tmp_path)
    return folder


def test_a_notebook_without_findings_is_listed_with_its_question_and_parameters(tree):
    assert index.questions().data.splitlines()[2:] == [
        "| [norms](norms.ipynb) | What is norms? | not executed yet |",
    ]
    assert "| [norms](norms.ipynb) | count | 3 | how many |" in index.parameters().data.splitlines()
    assert len(index.findings().data.splitlines()) == 2


def test_findings_are_counted_and_what_users_wrote_is_text(tree):
    path = tree / "norms.ipynb"
    notebook = nbformat.read(path, as_version=4)
    blank = dict.fromkeys(("unit", "paper", "interval", "null", "n"))
    rows = [
        {"claim": "<b>a</b> | *b*", "quantity": "q", "measured": 1.0, "verdict": "holds", "reason": None},
        {"claim": "c", "quantity": "q", "measured": None, "verdict": "not testable here", "reason": "too few"},
    ]
    record = {"findings": [blank | row for row in rows]}
    data = {"application/vnd.nbutils.findings+json": record}
    notebook.cells[-1].outputs = [nbformat.v4.new_output("display_data", data=data)]
    nbformat.write(notebook, path)

    assert "| ✓ 1 holds, – 1 not testable here |" in index.questions().data
    line = index.findings().data.splitlines()[2]
    assert line == r"| [norms](norms.ipynb) | &lt;b&gt;a&lt;/b&gt; \| \*b\* |  | 1 |  | ✓ holds |"


def test_the_committed_index_shows_what_the_notebooks_hold():
    committed = nbformat.read(project.root() / "notebooks" / "index.ipynb", as_version=4)
    shown = [cell.outputs[0].data["text/markdown"] for cell in committed.cells if cell.cell_type == "code"]
    assert shown == [table().data for table in (index.questions, index.parameters, index.findings)], (
        "execute notebooks/index.ipynb again (make notebooks)"
    )
