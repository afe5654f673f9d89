import json

import nbformat
import pytest

from nbutils.suite import project

NOTEBOOKS = sorted((project.root() / "notebooks").glob("*.ipynb"))


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    return nbformat.read(request.param, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_committed_outputs_are_whole_and_clean(notebook):
    outputs = [output for cell in code_cells(notebook) for output in cell.outputs]
    text = json.dumps(outputs)

    shown = sum(cell.source.count("run.show(") for cell in code_cells(notebook))
    images = [output for output in outputs if "image/png" in output.get("data", {})]
    assert len(images) == shown > 0
    assert all(output.metadata["image/png"]["alt"] for output in images)
    assert sum("application/vnd.nbutils.findings+json" in output.get("data", {}) for output in outputs) == 1
    assert not [output for output in outputs if output.output_type in ("error", "stream")]
    assert str(project.root()) not in text
    assert not any("execution" in cell.metadata for cell in notebook.cells)


def test_cells_are_short_and_the_title_comes_first(notebook):
    parameters = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    assert len(parameters) == 1
    assert notebook.cells.index(parameters[0]) == 1
    assert notebook.cells[0].source.startswith("# ")
    assert max(len(cell.source.splitlines()) for cell in code_cells(notebook)) <= 15
    assert "run.finish(" in code_cells(notebook)[-1].source
