import io

import pytest
from rich.console import Console

from nbutils.suite.sweep.display import LiveDisplay, LogDisplay, record_line
from nbutils.suite.sweep.plan import begin
from nbutils.suite.sweep.storage import Folder
from nbutils.suite.sweep.summary import summary
from nbutils.suite.sweep.tables import findings_table

FINDINGS = [
    {"claim": "c", "quantity": "q", "measured": 1.0, "verdict": "holds"},
    {"claim": "d", "quantity": "q", "verdict": "not testable here", "reason": "no GPU"},
]


@pytest.fixture
def plan(notebook, tmp_path):
    return begin(Folder(str(tmp_path / "out")), notebook, [{"count": i} for i in range(4)])


def test_verdicts_are_counted_and_what_did_not_pass_is_named(plan, make_record, tmp_path):
    first, second, third, _ = plan.runs
    records = {
        first.name: make_record(first, findings=FINDINGS),
        second.name: make_record(second, findings=[FINDINGS[0] | {"verdict": "fails"}, FINDINGS[1]], attempts=2),
        third.name: make_record(third, status="failed", error="cell [2] `1 / 0`: ZeroDivisionError"),
    }
    lines = summary(plan, records, findings_table(plan.runs, records)).splitlines()
    assert lines[0].split() == ["claim", "✓", "holds", "✗", "fails", "–", "not", "testable", "here"]
    assert [lines[2].split(), lines[3].split()] == [["c", "1", "1", "0"], ["d", "0", "0", "2"]]
    assert lines[5:] == [
        "failed  count=2  1.5 s  cell [2] `1 / 0`: ZeroDivisionError",
        "started more than once: 1 runs (column attempts of the runs table)",
        f"asks: 4 runs, 2 ok, 1 failed, 1 missing; results in {tmp_path}/out",
    ]


def test_a_sweep_without_findings_still_has_its_counts(plan):
    lines = summary(plan, {}, findings_table(plan.runs, {})).splitlines()
    assert lines[0] == "no findings"
    assert "4 runs, 4 missing" in lines[-1]


def test_a_log_has_a_line_for_each_run(plan, make_record, capsys):
    log = LogDisplay(4)
    log.ended(make_record(plan.runs[0]))
    log.ended(make_record(plan.runs[1], status="lost", error="its worker was lost", attempts=3))
    assert capsys.readouterr().err.splitlines() == [
        "1/4  ok  count=0  1.5 s",
        "2/4  lost  count=1  1.5 s  (started 3 times)  its worker was lost",
    ]


def test_the_live_table_shows_counts_workers_and_what_did_not_pass(plan, make_record):
    shown = io.StringIO()
    table = LiveDisplay("asks", 4)
    table.console = Console(file=shown, width=120)

    class Client:
        def processing(self):
            return {"tcp://a:1": [("sweep-f1", "count-2-abc", 0)], "tcp://a:2": []}

    table.ended(make_record(plan.runs[0]))
    table.ended(make_record(plan.runs[1], status="failed", error="[red]no luck"))
    table.refresh(Client())
    table.console.print(table.renderable())
    text = shown.getvalue()
    assert "2/4" in text
    assert "2 workers; 1 ok, 1 failed" in text
    assert "failed  count=1" in text
    assert "[red]no luck" in text
    assert "tcp://a:1  count-2-abc" in text.replace("    ", "  ")


def test_a_line_has_no_second_line(plan, make_record):
    assert "\n" not in record_line(make_record(plan.runs[0], parameters={"text": "a\nb"}))
