"""A notebook file as the gallery sees it: its cells, its findings, and what is wrong with it."""

import ast
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pydantic
from nbformat import NotebookNode

from nbutils.suite.errors import UsageError
from nbutils.suite.findings import finding_record, findings_in
from nbutils.suite.notebook_parameters import declared_parameters


@dataclass(frozen=True)
class Notebook:
    """A notebook file, whatever its state."""

    path: Path
    cells: list[NotebookNode]
    """Empty where the file could not be read."""
    language: str
    findings: list[dict[str, Any]]
    """Validated findings, in the notebook's order."""
    changed: dict[str, Any]
    """Those parameters of the run that differ from the notebook's defaults."""
    problem: str | None
    """Why there are no findings, as the end of a sentence that begins with the notebook."""


def read(path: Path) -> Notebook:
    """Read a notebook; a file that is none, or was not executed to its end, is described by its `problem`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on what an old format lacks and nbformat repairs
            content = nbformat.read(path, as_version=4)
            nbformat.validate(content)
    except Exception as error:  # nbformat raises errors of many unrelated kinds
        return Notebook(path, [], "", [], {}, f"cannot be read as a notebook ({type(error).__name__})")
    language = content.metadata.get("kernelspec", {}).get("language", "python")
    try:
        record = findings_in(content.cells)
        findings = [finding_record(finding) for finding in record["findings"]] if record else []
        changed = _changed(path, record["parameters"]) if record else {}
    except (pydantic.ValidationError, KeyError, TypeError, AttributeError):
        return Notebook(path, content.cells, language, [], {}, "carries findings that are damaged")
    problem = stop(content.cells) or (None if record else "was executed but ended without findings")
    return Notebook(path, content.cells, language, findings, changed, problem)


def stop(cells: list[NotebookNode]) -> str | None:
    """Return where an execution stopped and why; None where every cell that was executed went well."""
    code = [cell for cell in cells if cell.cell_type == "code"]
    for cell in code:
        for output in cell.outputs:
            if output.output_type == "error":
                place = f"in cell [{cell.execution_count}] " if cell.execution_count else ""
                return f"stopped {place}with {output.ename}: {' '.join(output.evalue.split())}"
    if not any(cell.execution_count or cell.outputs for cell in code):
        return "has not been executed"
    return None


def _changed(path: Path, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of a run that are not those that the notebook declares."""
    try:
        declared = declared_parameters(path)
    except UsageError:
        return {}
    defaults = {name: _literal(parameter["default"]) for name, parameter in declared.items()}
    return {name: value for name, value in parameters.items() if name in defaults and defaults[name] != value}


def _literal(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
