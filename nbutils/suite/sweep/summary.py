"""What the terminal shows after a sweep."""

from collections.abc import Mapping

import pandas as pd
from tabulate import tabulate

from nbutils.suite.findings import VERDICT_SYMBOLS
from nbutils.suite.sweep.display import record_line
from nbutils.suite.sweep.plan import Plan
from nbutils.suite.sweep.records import Record

MOST_FAILURES_SHOWN = 20


def summary(plan: Plan, records: Mapping[str, Record], findings: pd.DataFrame) -> str:
    """Return how often each claim held, the runs that did not pass or started more than once, and the counts."""
    lines = [_verdicts(findings), ""]
    ended = [records[run.name] for run in plan.runs if run.name in records]
    not_passed = [record for record in ended if record.status != "ok"]
    lines += [record_line(record) for record in not_passed[:MOST_FAILURES_SHOWN]]
    if len(not_passed) > MOST_FAILURES_SHOWN:
        lines.append(f"and {len(not_passed) - MOST_FAILURES_SHOWN} more that did not pass")
    again = [record for record in ended if record.attempts > 1]
    if again:
        lines.append(f"started more than once: {len(again)} runs (column attempts of the runs table)")
    counts = pd.Series([record.status for record in ended]).value_counts()
    told = [f"{n} {status}" for status, n in counts.items()]
    missing = len(plan.runs) - len(ended)
    told += [f"{missing} missing"] if missing else []
    lines.append(f"{plan.notebook.stem}: {len(plan.runs)} runs, {', '.join(told)}; results in {plan.folder.url}")
    return "\n".join(lines)


def _verdicts(findings: pd.DataFrame) -> str:
    if not findings["verdict"].notna().any():
        return "no findings"
    counts = findings.groupby(["claim", "verdict"], sort=False).size().unstack("verdict", fill_value=0)
    verdicts = [verdict for verdict in VERDICT_SYMBOLS if verdict in counts]
    headings = ["claim", *(f"{VERDICT_SYMBOLS[verdict]} {verdict}" for verdict in verdicts)]
    rows = [[claim, *(counts.loc[claim, verdict] for verdict in verdicts)] for claim in counts.index]
    return tabulate(rows, headers=headings, tablefmt="simple", maxcolwidths=[72])
