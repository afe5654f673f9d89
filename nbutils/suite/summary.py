"""What the terminal shows after a run, and the list of notebooks."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from nbutils.suite.execution import Outcome
from nbutils.suite.findings_table import text_table_of_runs
from nbutils.suite.notebook_parameters import declared_parameters


def outcome_line(outcome: Outcome) -> str:
    """Return how one notebook ended, as one line."""
    if outcome.failure:
        return f"failed  {outcome.name}  {outcome.seconds:.1f} s  {outcome.failure}"
    return f"passed  {outcome.name}  {outcome.seconds:.1f} s"


def summary(outcomes: Sequence[Outcome]) -> str:
    """Return one table of all findings and one line for each notebook."""
    findings = {outcome.name: outcome.findings or [] for outcome in outcomes}
    return "\n".join([text_table_of_runs(findings), "", *map(outcome_line, outcomes)])


def listing(notebooks: Iterable[Path]) -> str:
    """Return each notebook's name, question and parameters (type, default, help).

    Raises:
        UsageError: a file is not a notebook.
    """
    return "\n\n".join(_described(path) for path in notebooks)


def _described(path: Path) -> str:
    lines = [f"{path.stem}: {question(path)}"]
    for parameter in declared_parameters(path).values():
        type_name = parameter["inferred_type_name"]
        kind = "" if type_name == "None" else f": {type_name}"
        declaration = f"{parameter['name']}{kind} = {parameter['default']}"
        lines.append(f"  {declaration:<40}  {parameter['help']}".rstrip())
    return "\n".join(lines)


def question(path: Path) -> str:
    """Return the first heading of a notebook."""
    import nbformat

    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "markdown":
            for line in cell.source.splitlines():
                if line.startswith("#"):
                    return line.lstrip("#").strip()
    return "(no heading)"
