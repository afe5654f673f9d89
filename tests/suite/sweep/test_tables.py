import io

import pandas as pd
import pytest

from nbutils.suite.sweep.records import Run
from nbutils.suite.sweep.tables import findings_table, parameter_columns, runs_table

HOLDS = {
    "claim": "c",
    "quantity": "q",
    "measured": 2.0,
    "interval": (1.0, 3.0),
    "paper": 0.3,
    "verdict": "holds",
    "n": 7,
}
UNTESTED = {"claim": "d", "quantity": "q", "paper": "about 0.3", "verdict": "not testable here", "reason": "no GPU"}


def make_runs(*parameters):
    return [Run(name=f"r{i}", parameters=each) for i, each in enumerate(parameters)]


def stored(table):
    return pd.read_parquet(io.BytesIO(table.to_parquet(index=False)))


def test_each_finding_of_each_run_is_a_row_and_a_run_without_is_one_too(make_record):
    runs = make_runs({"label": "a"}, {"label": "b"}, {"label": "c"})
    records = {"r0": make_record(runs[0], findings=[HOLDS, UNTESTED]), "r1": make_record(runs[1], status="failed")}
    table = stored(findings_table(runs, records))
    assert list(table["run"]) == ["r0", "r0", "r1", "r2"]
    assert list(table["status"]) == ["ok", "ok", "failed", "missing"]
    assert list(table["label"]) == ["a", "a", "b", "c"]
    assert list(table["claim"].dropna()) == ["c", "d"]
    first, second = table.iloc[0], table.iloc[1]
    assert (first["measured"], first["low"], first["high"], first["paper"], first["paper_value"], first["n"]) == (
        2.0,
        1.0,
        3.0,
        "0.3",
        0.3,
        7,
    )
    assert (second["paper"], second["reason"]) == ("about 0.3", "no GPU")
    assert second[["measured", "low", "high", "paper_value", "null", "n"]].isna().all()


def test_the_runs_table_has_every_run_in_the_grids_order(make_record):
    runs = make_runs({"count": 2}, {"count": 1})
    records = {"r1": make_record(runs[1], status="failed", error="no luck", attempts=3)}
    table = stored(runs_table(runs, records))
    assert list(table.columns[:5]) == ["run", "count", "status", "error", "seconds"]
    assert list(table["status"]) == ["missing", "failed"]
    assert list(table["attempts"]) == [pd.NA, 3]
    assert table["error"][1] == "no luck"


def test_a_parameter_with_the_name_of_a_column_gets_another():
    runs = make_runs({"n": 1, "run": "x", "seed": 2})
    assert parameter_columns(runs) == {"n": "parameter_n", "run": "parameter_run", "seed": "seed"}
    for table in (findings_table(runs, {}), runs_table(runs, {})):
        assert table.columns.is_unique
        assert (table["parameter_n"][0], table["parameter_run"][0], table["seed"][0]) == (1, "x", 2)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 2], [1, 2]),
        ([1, None], [1, pd.NA]),
        ([1.0, 2.5], [1.0, 2.5]),
        ([True, False], [True, False]),
        (["007", "x"], ["007", "x"]),
        ([3, "all"], ["3", "all"]),
        ([[1, 2], {"a": 1}], ["[1, 2]", '{"a": 1}']),
    ],
)
def test_parameters_keep_their_type_where_all_runs_share_one(values, expected):
    table = stored(runs_table(make_runs(*({"x": value} for value in values)), {}))
    assert list(table["x"]) == expected


def test_tables_without_a_record_have_all_columns(make_record):
    runs = make_runs({"x": 1})
    assert list(findings_table(runs, {}).columns) == list(findings_table(runs, {"r0": make_record(runs[0])}).columns)
