"""Findings: what a paper claims, what was measured here and the verdict; their record and how to read it back."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import pydantic

SCHEMA_VERSION = 1
MIME_TYPE = "application/vnd.nbutils.findings+json"
VERDICT_SYMBOLS = {"holds": "✓", "fails": "✗", "not testable here": "–"}


class Finding(pydantic.BaseModel, extra="forbid", allow_inf_nan=False):
    """One claim of a paper beside what was measured; a missing value is None, never NaN."""

    claim: str = pydantic.Field(min_length=1)
    quantity: str = pydantic.Field(min_length=1)
    unit: str | None = None
    paper: float | str | None = None
    measured: float | None = None
    interval: tuple[float, float] | None = None
    null: float | None = None
    verdict: Literal["holds", "fails", "not testable here"]
    reason: str | None = None
    n: int | None = pydantic.Field(None, ge=0)

    @pydantic.model_validator(mode="after")
    def _is_coherent(self) -> "Finding":
        if self.interval and self.interval[0] > self.interval[1]:
            raise ValueError(f"interval {self.interval} must be (low, high) with low <= high")
        if self.verdict == "not testable here" and not self.reason:
            raise ValueError("the verdict 'not testable here' needs a reason")
        if self.verdict != "not testable here" and self.measured is None:
            raise ValueError(f"the verdict {self.verdict!r} needs a measured value")
        return self


def finding_record(finding: Mapping[str, Any]) -> dict[str, Any]:
    """Return a finding as JSON values, validated, with all keys of the schema in their order.

    Raises:
        pydantic.ValidationError: (a ValueError) a value is not finite, missing or incoherent.
    """
    record = Finding.model_validate(dict(finding)).model_dump(mode="json")
    return {key: _rounded(value) for key, value in record.items()}


def _rounded(value: Any) -> Any:
    """Eight significant digits: what follows differs from one machine to the next."""
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return float(f"{value:.8g}") if isinstance(value, float) else value


def read_findings(notebook_path: str | Path) -> dict[str, Any]:
    """Return the findings record that an executed notebook carries.

    Args:
        notebook_path: an executed .ipynb file, format 4.

    Returns:
        The same object as in the run's `findings.json`: `schema_version`, `notebook`, `parameters`, `findings`.

    Raises:
        ValueError: the file is not a notebook, or it carries no findings because it did not run to its end.
    """
    try:
        cells = json.loads(Path(notebook_path).read_text(encoding="utf-8"))["cells"]
    except (ValueError, KeyError, TypeError):
        raise ValueError(f"{notebook_path} is not a notebook (format 4).") from None
    record = findings_in(cells)
    if record is None:
        raise ValueError(f"{notebook_path} carries no findings; execute it to its last cell.")
    return record


def findings_in(cells: Iterable[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Return the last findings record among the outputs of `cells`, None where there is none."""
    records = [
        output["data"][MIME_TYPE]
        for cell in cells
        for output in cell.get("outputs", [])
        if MIME_TYPE in output.get("data", {})
    ]
    return records[-1] if records else None


def three_digits(value: float | str | None) -> str:
    """Write a number with three significant digits, a missing one as an empty string; text stays as it is."""
    if value is None or isinstance(value, str):
        return value or ""
    digits = f"{value:.3g}"
    # 20000 reads better than 2e+04; very large and very small numbers keep their exponent.
    return f"{value:.0f}" if "e+" in digits and abs(value) < 1e6 else digits


def table_row(finding: Mapping[str, Any]) -> dict[str, str]:
    """Return one finding as the text of a table row, column heading -> cell."""
    low_high = finding["interval"]
    return {
        "claim": finding["claim"],
        "quantity": f"{finding['quantity']} [{finding['unit']}]" if finding["unit"] else finding["quantity"],
        "paper": three_digits(finding["paper"]),
        "measured": three_digits(finding["measured"]),
        "interval": f"{three_digits(low_high[0])} to {three_digits(low_high[1])}" if low_high else "",
        "null": three_digits(finding["null"]),
        "verdict": f"{VERDICT_SYMBOLS[finding['verdict']]} {finding['verdict']}",
        "reason": finding["reason"] or "",
        "n": "" if finding["n"] is None else str(finding["n"]),
    }
