"""A sweep as a page: how often each claim held, the figures, the runs and their findings."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from nbutils.suite.findings import VERDICT_SYMBOLS, three_digits
from nbutils.suite.gallery import assets
from nbutils.suite.gallery.outputs import Figure
from nbutils.suite.gallery.prose import Site
from nbutils.suite.sweep.tables import RUN_COLUMNS

MOST_ROWS = 500

# Workers and times say nothing about the result, and may name machines.
_OF_RUNS = ("status", "error", "seconds", "attempts")
_OF_FINDINGS = ("claim", "verdict", "paper", "measured", "low", "high", "null", "n", "reason")


@dataclass(frozen=True)
class Table:
    """A table as text, and how many of its rows are left out."""

    caption: str
    columns: list[str]
    rows: list[list[str]]
    left_out: int = 0


@dataclass(frozen=True)
class Sweep:
    """What the templates need to know of a sweep."""

    address: str
    name: str
    """The folder's."""
    title: str
    notebook_page: str | None
    """The page of its notebook, where the gallery has one."""
    statuses: dict[str, int]
    """Status -> runs that have it."""
    figures: list[Figure]
    tables: list[Table]
    problem: str | None
    """Why there are no tables, as the end of a sentence that begins with the sweep."""


def sweep_page(folder: Path, address: str, site: Site) -> Sweep:
    """Return a sweep as a page; its figures are added to the site's files.

    Args:
        folder: the sweep's folder, with `findings.parquet`, `runs.parquet` and perhaps `figures`.
        address: the page's file.
        site: what the gallery's pages share.
    """
    notebook = _notebook(folder)
    try:
        runs = pd.read_parquet(folder / "runs.parquet")
        findings = pd.read_parquet(folder / "findings.parquet")
        parameters = [column for column in runs.columns if column not in RUN_COLUMNS]
        tables = [
            _verdicts(findings),
            _table("Runs", runs, [*parameters, *_OF_RUNS]),
            _table("Findings", findings[findings["claim"].notna()], [*parameters, *_OF_FINDINGS]),
        ]
        statuses = runs["status"].value_counts().to_dict()
    except (OSError, ValueError, KeyError, TypeError) as error:
        is_early = isinstance(error, FileNotFoundError)
        problem = "has no tables yet" if is_early else f"has tables that cannot be read ({type(error).__name__})"
        return Sweep(address, folder.name, f"Sweep {folder.name}", None, {}, [], [], problem)
    return Sweep(
        address=address,
        name=folder.name,
        title=f"{notebook or folder.name} over {', '.join(parameters)}",
        notebook_page=site.pages.get(notebook),
        statuses=statuses,
        figures=_figures(folder, site),
        tables=tables,
        problem=None,
    )


def _notebook(folder: Path) -> str:
    """Return the name of the notebook that was swept, "" where the folder does not say."""
    try:
        return str(json.loads((folder / "sweep.json").read_text(encoding="utf-8"))["notebook"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _verdicts(findings: pd.DataFrame) -> Table:
    """Return how often each claim has each verdict, and the least and the largest value that was measured."""
    known = findings[findings["verdict"].isin(list(VERDICT_SYMBOLS))]
    counts = known.groupby(["claim", "verdict"], sort=False).size().unstack("verdict", fill_value=0)
    counts = counts.reindex(columns=list(VERDICT_SYMBOLS), fill_value=0)
    measured = known.groupby("claim", sort=False)["measured"].agg(["min", "max"])
    counts = counts.join(measured.rename(columns={"min": "least measured", "max": "largest measured"}))
    return _table("How often each claim holds", counts.reset_index(), ["claim", *counts.columns])


def _table(caption: str, table: pd.DataFrame, columns: list[str]) -> Table:
    shown = table[columns].head(MOST_ROWS)
    rows = [[_text(value) for value in row] for row in shown.itertuples(index=False, name=None)]
    headings = [f"{VERDICT_SYMBOLS[column]} {column}" if column in VERDICT_SYMBOLS else column for column in columns]
    return Table(caption, headings, rows, len(table) - len(shown))


def _text(value: Any) -> str:
    if not pd.api.types.is_scalar(value):
        return str(value)
    if pd.isna(value):
        return ""
    if isinstance(value, float):
        return three_digits(value)
    return f"{VERDICT_SYMBOLS[value]} {value}" if value in VERDICT_SYMBOLS else str(value)


def _figures(folder: Path, site: Site) -> list[Figure]:
    figures = []
    for path in sorted((folder / "figures").glob("*.png")):
        parameter = re.sub(r"_\d+$", "", path.stem.removeprefix("by_"))
        alt = f"What was measured for each claim against {parameter}; the numbers are in the table of findings."
        try:
            figures.append(Figure(assets.stored(path.read_bytes(), site.files), alt))
        except (OSError, ValueError):
            continue
    return figures
