"""The results of a sweep as two tidy tables, made from the records of its runs."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from nbutils.suite.sweep.records import Record, Run

FINDING_COLUMNS = (
    "claim",
    "quantity",
    "unit",
    "paper",
    "paper_value",
    "measured",
    "low",
    "high",
    "null",
    "verdict",
    "reason",
    "n",
)
RUN_COLUMNS = ("run", "status", "error", "seconds", "attempts", "worker", "started", "finished", "nbutils")
_NUMBERS = ("paper_value", "measured", "low", "high", "null", "seconds")
_COUNTS = ("n", "attempts")


def findings_table(runs: Sequence[Run], records: Mapping[str, Record]) -> pd.DataFrame:
    """Return one row for each finding of each run; a run without findings has one row, with its status alone.

    Returns:
        Columns `run`, `status` (as in `runs_table`), one for each parameter of the grid (`parameter_NAME` where the
        table has another column NAME), then `claim`, `quantity`, `unit`, `paper` (text), `paper_value` (NaN where the
        paper gives words), `measured`, `low`, `high` (the interval), `null`, `verdict`, `reason`, `n`.
    """
    rows = []
    for run in runs:
        record = records.get(run.name)
        about = {"run": run.name, "status": record.status if record else "missing", **_parameters(run)}
        findings = record.findings if record else []
        rows += [about | _finding_row(finding.model_dump()) for finding in findings] or [about]
    return _table(rows, ["run", "status", *_parameter_columns(runs), *FINDING_COLUMNS])


def runs_table(runs: Sequence[Run], records: Mapping[str, Record]) -> pd.DataFrame:
    """Return one row for each run of the grid, in its order.

    Returns:
        Columns `run`, one for each parameter (as in `findings_table`), `status` (`ok`, `failed`, `timed out`, `lost`
        or `missing`), `error`, `seconds` (of the execution), `attempts` (how often it was started), `worker`,
        `started` and `finished` (UTC, ISO 8601), `nbutils` (the version that made it).
    """
    rows = []
    for run in runs:
        record = records.get(run.name)
        ended = record.model_dump(include=set(RUN_COLUMNS)) if record else {"run": run.name, "status": "missing"}
        rows.append(_parameters(run) | ended)
    return _table(rows, ["run", *_parameter_columns(runs), *RUN_COLUMNS[1:]])


def parameter_columns(runs: Sequence[Run]) -> dict[str, str]:
    """Return the parameters that a sweep sets, name -> column of the tables."""
    return {name: _column(name) for run in runs for name in run.parameters}


def _parameter_columns(runs: Sequence[Run]) -> list[str]:
    return list(parameter_columns(runs).values())


def _column(parameter: str) -> str:
    return f"parameter_{parameter}" if parameter in {*FINDING_COLUMNS, *RUN_COLUMNS} else parameter


def _parameters(run: Run) -> dict[str, Any]:
    """Return a run's parameters as table cells: a list or mapping as JSON text."""
    return {
        _column(name): json.dumps(value) if isinstance(value, (list, dict)) else value
        for name, value in run.parameters.items()
    }


def _finding_row(finding: dict[str, Any]) -> dict[str, Any]:
    paper = finding["paper"]
    low, high = finding.pop("interval") or (None, None)
    return finding | {
        "paper": None if paper is None else str(paper),
        "paper_value": paper if isinstance(paper, float) else None,
        "low": low,
        "high": high,
    }


def _table(rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame({column: _series(column, [row.get(column) for row in rows]) for column in columns})


def _series(column: str, values: list[Any]) -> pd.Series:
    """Return a column of one type, as Parquet has it; a parameter that is 3 in one run and "all" in another is text."""
    types = {type(value) for value in values if value is not None}
    if column in _NUMBERS or types == {float} or types == {int, float}:
        return pd.Series(values, dtype=float)
    if column in _COUNTS or types == {int}:
        return pd.Series(values, dtype="Int64")
    if types == {bool}:
        return pd.Series(values, dtype="boolean")
    return pd.Series([None if value is None else str(value) for value in values], dtype="str")
