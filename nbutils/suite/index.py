"""What the index notebook shows: every notebook's question, findings and parameters, read from the notebooks."""

import html
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from IPython.display import Markdown

from nbutils.suite import project
from nbutils.suite.findings import VERDICT_SYMBOLS, read_findings, table_row
from nbutils.suite.notebook_parameters import declared_parameters
from nbutils.suite.summary import question

# What has a meaning in a Markdown table.
_ESCAPED = str.maketrans({character: f"\\{character}" for character in "\\`*_|[]$~"})


def questions() -> Markdown:
    """A table of the notebooks: name with a link, question, and how many claims hold.

    Raises:
        UsageError: a file in `notebooks` is not a notebook.
    """
    rows = [[_link(path), _text(question(path)), _counted(_findings(path))] for path in project.notebooks().values()]
    return _table(["notebook", "question", "findings"], rows)


def findings() -> Markdown:
    """A table of the findings that the notebooks carry.

    Raises:
        UsageError: a file in `notebooks` is not a notebook.
    """
    columns = ("claim", "paper", "measured", "interval", "verdict")
    rows = [
        [_link(path), *(_text(row[column]) for column in columns)]
        for path in project.notebooks().values()
        for row in map(table_row, _findings(path))
    ]
    return _table(["notebook", *columns], rows)


def parameters() -> Markdown:
    """A table of the parameters that the notebooks declare, with what they are when nobody changes them.

    Raises:
        UsageError: a file in `notebooks` is not a notebook.
    """
    rows = [
        [_link(path), *(_text(parameter[key]) for key in ("name", "default", "help"))]
        for path in project.notebooks().values()
        for parameter in declared_parameters(path).values()
    ]
    return _table(["notebook", "parameter", "as it comes", "what it is"], rows)


def _findings(notebook: Path) -> list[dict[str, Any]]:
    """The findings in a notebook, none where it was not executed to its end."""
    try:
        return read_findings(notebook)["findings"]
    except ValueError:
        return []


def _counted(findings: Iterable[dict[str, Any]]) -> str:
    counts = Counter(finding["verdict"] for finding in findings)
    counted = [
        f"{symbol} {counts[verdict]} {verdict}" for verdict, symbol in VERDICT_SYMBOLS.items() if counts[verdict]
    ]
    return ", ".join(counted) or "not executed yet"


def _link(notebook: Path) -> str:
    return f"[{_text(notebook.stem)}]({notebook.name})"


def _text(text: str) -> str:
    """Text that stands in a table's cell as it is, whatever a user wrote into it."""
    return html.escape(" ".join(text.split()), quote=False).translate(_ESCAPED)


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Markdown:
    lines = [headings, ["---"] * len(headings), *rows]
    return Markdown("\n".join(f"| {' | '.join(line)} |" for line in lines))
