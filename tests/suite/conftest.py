"""Small notebooks that use nbutils.suite, and parameter declarations to go with them."""

from collections.abc import Callable
from pathlib import Path

import nbformat
import pydantic
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

PARAMETERS = """count: int = 3    # how many
share: float = 0.5    # part of the whole
label: str = "a"    # a word
fast: bool = True    # skip the slow part
seed: int = 0    # sampling
output_dir: str = ""    # folder of the results"""

START = """import pydantic
from nbutils import suite

class Parameters(pydantic.BaseModel):
    count: int = pydantic.Field(ge=1, le=10)
    share: float
    label: str
    fast: bool
    seed: int
    output_dir: str

run = suite.start("{name}", Parameters, globals())"""

FINISH = 'run.finish([dict(claim=label, quantity="count", measured=count, verdict="holds")])'


class Declarations(pydantic.BaseModel):
    count: int = pydantic.Field(3, ge=1, le=10)
    model: str = "small"
    layers: int | None = None
    seed: int = 0
    output_dir: str = ""


@pytest.fixture
def declarations() -> type[pydantic.BaseModel]:
    return Declarations


@pytest.fixture(scope="session")
def make_notebook() -> Callable[..., Path]:
    def make(folder: Path, name: str, *cells: str) -> Path:
        """Write NAME.ipynb: a heading, the parameters, the opening of the run, `cells`."""
        parameters = new_code_cell(PARAMETERS)
        parameters.metadata["tags"] = ["parameters"]
        code = [new_code_cell(source) for source in (START.format(name=name), *cells)]
        notebook = new_notebook(cells=[new_markdown_cell(f"# What is {name}?\nWords."), parameters, *code])
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        path = folder / f"{name}.ipynb"
        nbformat.write(notebook, path)
        return path

    return make


@pytest.fixture(scope="session")
def finish() -> str:
    """The cell that ends a notebook with one finding."""
    return FINISH
