"""One notebook as a page: words, folded code, figures, findings."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from markupsafe import Markup
from nbformat import NotebookNode
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.lexers.special import TextLexer
from pygments.util import ClassNotFound

from nbutils.suite.findings import VERDICT_SYMBOLS, table_row
from nbutils.suite.gallery.outputs import Block, Figure, Html, blocks
from nbutils.suite.gallery.prose import Heading, Prose, Site
from nbutils.suite.gallery.reading import Notebook

KEY_FIGURE_TAG = "key-figure"
_INJECTED = "injected-parameters"


@dataclass(frozen=True)
class Code:
    """The source of a code cell."""

    kind: ClassVar = "code"
    html: Markup
    number: int | None
    """In which order it was executed."""
    name: str


@dataclass(frozen=True)
class Page:
    """What the templates need to know of a notebook."""

    address: str
    name: str
    title: str
    papers: list[tuple[str, str]]
    """Web links of the cell with the title, (address, text)."""
    headings: list[Heading]
    blocks: list[Block | Code]
    key_figure: Figure | None
    findings: list[dict[str, str]]
    """Rows of the findings table; `state` is the bare verdict."""
    counts: dict[str, int]
    """Verdict -> how many findings have it, none left out."""
    changed: dict[str, str]
    """Parameters that the run changed, name -> value as in the code."""
    problem: str | None
    failed_rerun: str | None
    """Why a later run of the notebook has no results."""


def notebook_page(notebook: Notebook, name: str, address: str, failed_rerun: str | None, site: Site) -> Page:
    """Return a notebook as a page; its pictures are added to the site's files.

    Args:
        notebook: the notebook.
        name: what it is called in the gallery.
        address: the page's file.
        failed_rerun: why a later run of it has no results; None where there was none.
        site: what the gallery's pages share.
    """
    prose = Prose(site, notebook.path.parent)
    shown: list[Block | Code] = []
    papers: list[tuple[str, str]] = []
    key_figure = None
    for cell in notebook.cells:
        had_title = bool(prose.title)
        below = _blocks(cell, notebook.language, site, prose)
        if prose.title and not had_title:
            papers = list(dict(prose.links).items())
        figures = [block for block in below if isinstance(block, Figure)]
        if figures and (key_figure is None or KEY_FIGURE_TAG in _tags(cell)):
            key_figure = figures[0]
        shown += below
    return Page(
        address=address,
        name=name,
        title=prose.title or name,
        papers=papers,
        headings=[heading for heading in prose.headings if heading.level == 2 and heading.text],
        blocks=shown,
        key_figure=key_figure,
        findings=finding_rows(notebook.findings),
        counts=verdict_counts(notebook.findings),
        changed={name: repr(value) for name, value in notebook.changed.items()},
        problem=notebook.problem,
        failed_rerun=failed_rerun,
    )


def finding_rows(findings: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return findings as text, column -> cell, with the bare verdict as `state`."""
    return [{**table_row(finding), "state": finding["verdict"]} for finding in findings]


def verdict_counts(findings: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Return how many findings have each verdict, in the order of the schema."""
    counted = Counter(finding["verdict"] for finding in findings)
    return {verdict: counted[verdict] for verdict in VERDICT_SYMBOLS}


def _blocks(cell: NotebookNode, language: str, site: Site, prose: Prose) -> list[Block | Code]:
    if cell.cell_type == "markdown":
        return [Html(prose.html(cell.source, cell.get("attachments")))]
    source = _source(cell)
    if cell.cell_type != "code" or not source:
        return []
    place = f"under “{prose.headings[-1].text}”" if prose.headings else "at the beginning"
    name = "Parameters" if {"parameters", _INJECTED} & set(_tags(cell)) else "Code"
    code = Code(_highlighted(source, language), cell.execution_count, name)
    return [code, *blocks(cell.outputs, site, prose, place)]


def _source(cell: NotebookNode) -> str:
    """Return a cell's source, without the folder on this machine that papermill injects."""
    if _INJECTED not in _tags(cell):
        return cell.source.strip()
    lines = cell.source.splitlines()
    return "\n".join(line for line in lines if not line.startswith(("# Parameters", "output_dir = ")))


def _tags(cell: NotebookNode) -> list[str]:
    return cell.metadata.get("tags", [])


def _highlighted(source: str, language: str) -> Markup:
    try:
        lexer = get_lexer_by_name(language)
    except ClassNotFound:
        lexer = TextLexer()
    return Markup(highlight(source, lexer, HtmlFormatter(nowrap=True)))
