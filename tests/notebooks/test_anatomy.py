import ast
import io
import json
import tokenize

import nbformat
import pytest

from nbutils.suite import project

LOGIC = (
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.If,
    ast.IfExp,
    ast.Match,
    ast.comprehension,
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Lambda,
    ast.Try,
    ast.TryStar,
    ast.With,
    ast.AsyncWith,
    ast.Assert,
    ast.Raise,
)


@pytest.fixture(params=project.notebooks().values(), ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture
def notebook(path):
    return nbformat.read(path, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def headings(notebook):
    return [cell.source.splitlines()[0] for cell in notebook.cells if cell.source.startswith("#")]


def parameters_cell(notebook):
    [cell] = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    return cell


def test_committed_outputs_are_whole_and_clean(notebook):
    outputs = [output for cell in code_cells(notebook) for output in cell.outputs]
    text = json.dumps(outputs)

    shown = sum(cell.source.count("run.show(") + cell.source.count("suite.explore(") for cell in code_cells(notebook))
    images = [output for output in outputs if "image/png" in output.get("data", {})]
    assert len(images) == shown > 0
    assert all(output.metadata["image/png"]["alt"] for output in images)
    assert sum("application/vnd.nbutils.findings+json" in output.get("data", {}) for output in outputs) == 1
    assert not [output for output in outputs if output.output_type in ("error", "stream")]
    assert str(project.root()) not in text
    assert "widget" not in text
    assert "widgets" not in notebook.metadata
    assert not any("execution" in cell.metadata for cell in notebook.cells)


def test_the_title_is_a_question_with_a_paragraph(notebook):
    title, *paragraphs = notebook.cells[0].source.split("\n\n")
    assert notebook.cells[0].cell_type == "markdown"
    assert title.startswith("# ")
    assert len(title.splitlines()) == 1
    assert len(paragraphs) >= 1
    assert [heading for heading in headings(notebook)[1:] if heading.startswith("# ")] == []


def test_parameters_are_typed_literals_with_a_comment(notebook):
    cell = parameters_cell(notebook)
    declared = ast.parse(cell.source).body
    comments = [
        token for token in tokenize.generate_tokens(io.StringIO(cell.source).readline) if token.type == tokenize.COMMENT
    ]

    assert notebook.cells.index(cell) == 1
    assert all(isinstance(line, ast.AnnAssign) and isinstance(line.annotation, ast.Name) for line in declared)
    assert all(ast.literal_eval(line.value) is not None for line in declared)
    assert {"seed", "output_dir"} <= {line.target.id for line in declared}
    assert [token.start[0] for token in comments if token.string.strip("# ")] == [line.lineno for line in declared]


def test_the_run_begins_after_the_parameters_and_has_the_notebooks_name(notebook, path):
    assert f'suite.start("{path.stem}", ' in code_cells(notebook)[1].source


def test_it_ends_with_findings_and_what_would_change_them(notebook):
    assert headings(notebook)[-2:] == ["## Findings", "## What would change this"]
    assert notebook.cells[-1].cell_type == "markdown"
    assert "run.finish(" in code_cells(notebook)[-1].source


def test_cells_are_short_and_hold_no_logic(notebook):
    for cell in code_cells(notebook):
        assert len(cell.source.splitlines()) <= 15
        assert [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, LOGIC)] == []
