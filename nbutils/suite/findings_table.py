"""The findings as a table for eyes: HTML for a notebook, plain text for a terminal."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd
from tabulate import tabulate

from nbutils.suite.findings import table_row

COLUMNS = ("claim", "quantity", "paper", "measured", "interval", "null", "verdict", "reason", "n")
TERMINAL_WIDTHS = {"claim": 36, "paper": 12, "verdict": 36}

# Mid tones that can be read on white and on black; the symbol and the word say the same without colour.
_VERDICT_COLOURS = {"✓": "#1B8A5A", "✗": "#D55E00", "–": "#808080"}


def html_table(findings: Iterable[Mapping[str, Any]]) -> str:
    """Return a styled HTML table; the same findings give the same bytes, and text from users is escaped."""
    table = pd.DataFrame([table_row(finding) for finding in findings], columns=list(COLUMNS))
    left = [{"selector": "th, td", "props": "text-align: left; vertical-align: top; padding: 0.3em 0.7em;"}]
    return (
        table.style.format(escape="html")
        .set_uuid("findings")
        .hide(axis="index")
        .set_table_styles(left)
        .map(_verdict_style, subset=["verdict"])
        .set_properties(subset=["verdict", "interval"], **{"white-space": "nowrap"})
        .to_html()
    )


def text_table(findings: Iterable[Mapping[str, Any]]) -> str:
    """Return the findings of one notebook as a plain text table."""
    return _tabulated([_terminal_row(finding) for finding in findings])


def text_table_of_runs(findings_by_notebook: Mapping[str, Iterable[Mapping[str, Any]]]) -> str:
    """Return the findings of several notebooks as one plain text table."""
    return _tabulated(
        [
            {"notebook": notebook, **_terminal_row(finding)}
            for notebook, findings in findings_by_notebook.items()
            for finding in findings
        ]
    )


def _terminal_row(finding: Mapping[str, Any]) -> dict[str, str]:
    row = table_row(finding)
    reason = f": {row['reason']}" if row["reason"] else ""
    return {
        **{column: row[column] for column in ("claim", "paper", "measured", "interval", "null")},
        "verdict": row["verdict"] + reason,
    }


def _tabulated(rows: list[dict[str, str]]) -> str:
    if not rows:
        return "no findings"
    widths = [TERMINAL_WIDTHS.get(column) for column in rows[0]]
    return tabulate(rows, headers="keys", tablefmt="simple", disable_numparse=True, maxcolwidths=widths)


def _verdict_style(verdict: str) -> str:
    return f"color: {_VERDICT_COLOURS[verdict[0]]}; font-weight: bold;"
