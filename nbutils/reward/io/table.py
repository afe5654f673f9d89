"""A user's file as a table of cells, before anything is known of its format."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from nbutils.reward.errors import RewardDataError
from nbutils.reward.io.files import read_csv, read_json, read_parquet, unpacked

ENDING = re.compile(r"\.(json|jsonl|ndjson|csv|tsv|parquet)(\.gz)?$", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Table:
    """Cells of one file.

    Attributes:
        file: the path, as messages name it.
        model: reward model that the path names, for data that names none.
        cells: [rows from 1, columns] objects; what is missing is None or NaN.
        typed: whether cells carry their types; in CSV all are strings.
    """

    file: str
    model: str
    cells: pd.DataFrame
    typed: bool


def read_table(path: Path, model: str) -> Table:
    """Reads JSON, JSON lines, CSV or Parquet, gzipped or not, told apart by content.

    Raises:
        RewardDataError: the file is empty, damaged or not UTF-8; the message names the line where there is one.
    """
    data = unpacked(path)
    if not data or data.isspace():
        raise RewardDataError(f"{path} is empty: give a file with at least one row")
    typed = True
    if data.startswith(b"PAR1"):
        cells = read_parquet(data, path)
    elif data.lstrip()[:1] in (b"{", b"[") or re.search(r"json", ending_of(path), re.IGNORECASE):
        cells = read_json(data, path)
    else:
        cells, typed = read_csv(data, path), False
    if not len(cells):
        raise RewardDataError(f"{path} holds no rows: give a file with at least one row")
    cells.index = pd.RangeIndex(1, len(cells) + 1, name="row")
    return Table(str(path), model, cells, typed)


def ending_of(path: Path) -> str:
    """The ending of a data file, ".gz" included, or "" for a file of another kind."""
    found = ENDING.search(path.name)
    return found[0] if found else ""


def require(table: Table, columns: Sequence[str], kind: str) -> None:
    """Raises RewardDataError unless all columns are there, naming those that are and those that are needed."""
    if missing := [column for column in columns if column not in table.cells]:
        raise RewardDataError(
            f"{table.file} looks like {kind} but has no column {' and '.join(missing)}: "
            f"{', '.join(columns)} are needed; found {', '.join(map(str, table.cells.columns))}"
        )


def numbers(table: Table, column: str) -> pd.Series:
    """The cells of a column of numbers: lists of one element opened, the strings of a CSV read; the rest stays."""
    cells = table.cells[column]
    if table.typed:
        return cells.map(_opened)
    read = pd.to_numeric(cells, errors="coerce").astype(object)
    return read.where(read.notna(), cells)


def names(table: Table, column: str) -> pd.Series:
    """The cells of a column of names or numbers as strings; what is neither stays, to be refused."""
    return table.cells[column].map(_name)


def models(table: Table) -> pd.Series:
    """The model of each row: what a column model says, and else what the path names."""
    if "model" in table.cells:
        return names(table, "model")
    return pd.Series(table.model, index=table.cells.index, dtype=object)


def subsets(table: Table) -> pd.Series:
    """The subset of each row, "all" where no row has one."""
    if "subset" in table.cells and table.cells["subset"].notna().any():
        return names(table, "subset")
    return pd.Series("all", index=table.cells.index, dtype=object)


def within(parts: pd.Series, ids: Iterable[object]) -> pd.Series:
    """Ids that count within their part as "<part>/<id>"; one that is missing stays so."""
    named = [f"{part}/{name}" if isinstance(name, str) else name for part, name in zip(parts, ids, strict=True)]
    return pd.Series(named, index=parts.index, dtype=object)


def failure(table: Table, row: int, column: str, fault: str) -> RewardDataError:
    """The error of one cell: file, row, column, what is wrong and the way out."""
    return RewardDataError(f"{table.file}, row {row}, column {column}: {fault}")


def shown(value: object) -> str:
    """A value for a message, cut to a readable length."""
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= 60 else text[:59] + "…"


def _opened(value: object) -> object:
    while isinstance(value, list) and len(value) == 1:
        value = value[0]
    return value


def _name(value: object) -> object:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) and value == value else value
