import json

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from nbutils.suite import read_findings
from nbutils.suite.findings import MIME_TYPE, finding_record, three_digits
from nbutils.suite.findings_table import html_table, text_table, text_table_of_runs

MINIMAL = {"claim": "it grows", "quantity": "ratio", "measured": 2.0, "verdict": "holds"}


def test_record_has_all_keys_in_order_and_nulls():
    assert json.dumps(finding_record(MINIMAL)) == (
        '{"claim": "it grows", "quantity": "ratio", "unit": null, "paper": null, "measured": 2.0, "interval": null, '
        '"null": null, "verdict": "holds", "reason": null, "n": null}'
    )


def test_numpy_values_become_json_numbers():
    finding = {**MINIMAL, "measured": np.float32(0.5), "interval": np.array([0.25, 1]), "n": np.int64(7)}
    record = json.loads(json.dumps(finding_record(finding)))
    assert (record["measured"], record["interval"], record["n"]) == (0.5, [0.25, 1.0], 7)


@pytest.mark.parametrize("paper", ["about 0.3", 0.3])
def test_the_papers_value_is_a_number_or_text(paper):
    assert finding_record({**MINIMAL, "paper": paper})["paper"] == paper


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"verdict": "maybe"}, "verdict"),
        ({"measured": float("nan")}, "finite"),
        ({"paper": float("inf")}, "finite"),
        ({"null": float("-inf")}, "finite"),
        ({"interval": (0.1, float("nan"))}, "finite"),
        ({"interval": (2, 1)}, "low <= high"),
        ({"interval": (1,)}, "interval"),
        ({"measured": None}, "needs a measured value"),
        ({"verdict": "not testable here"}, "needs a reason"),
        ({"n": -1}, "greater than or equal to 0"),
        ({"claim": ""}, "claim"),
        ({"p_value": 0.1}, "p_value"),
    ],
)
def test_incoherent_findings_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        finding_record({**MINIMAL, **change})


def test_an_untestable_claim_needs_no_measurement():
    record = finding_record({"claim": "c", "quantity": "q", "verdict": "not testable here", "reason": "too few layers"})
    assert record["measured"] is None


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.123456, "0.123"), (20000.0, "20000"), (1.23456e9, "1.23e+09"), (-1.5e-7, "-1.5e-07"), (None, ""), ("~1", "~1")],
)
def test_numbers_are_written_with_three_digits(value, text):
    assert three_digits(value) == text


def test_html_table_escapes_text_and_is_reproducible():
    finding = finding_record({**MINIMAL, "claim": "<script>alert(1)</script>", "unit": "<b>"})
    html = html_table([finding])
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "ratio [&lt;b&gt;]" in html
    assert html == html_table([finding])


@pytest.mark.parametrize(("verdict", "cell"), [("holds", "✓ holds"), ("fails", "✗ fails")])
def test_the_verdict_is_marked_by_symbol_and_word(verdict, cell):
    finding = finding_record({**MINIMAL, "verdict": verdict})
    assert cell in html_table([finding])
    assert cell in text_table([finding])


def test_table_of_several_runs_names_the_notebook_and_the_reason():
    untestable = finding_record({**MINIMAL, "verdict": "not testable here", "reason": "no GPU"})
    lines = text_table_of_runs({"one": [finding_record(MINIMAL)], "two": [untestable], "three": []}).splitlines()
    assert lines[0].split() == ["notebook", "claim", "paper", "measured", "interval", "null", "verdict"]
    assert lines[2].startswith("one")
    assert lines[3].startswith("two")
    assert lines[3].endswith("not testable here: no GPU")
    assert len(lines) == 4


def test_tables_without_findings():
    assert text_table([]) == "no findings"
    assert "claim" in html_table([])


def test_findings_are_read_back_from_a_notebook(tmp_path):
    record = {"schema_version": 1, "notebook": "n", "parameters": {"seed": 0}, "findings": [finding_record(MINIMAL)]}
    cell = new_code_cell("run.finish()")
    cell.outputs = [new_output("stream", text="x"), new_output("display_data", data={MIME_TYPE: record})]
    nbformat.write(new_notebook(cells=[cell]), tmp_path / "n.ipynb")
    assert read_findings(tmp_path / "n.ipynb") == record


def test_a_notebook_without_findings_is_an_error(tmp_path):
    nbformat.write(new_notebook(cells=[new_code_cell("1")]), tmp_path / "n.ipynb")
    with pytest.raises(ValueError, match="carries no findings"):
        read_findings(tmp_path / "n.ipynb")


def test_a_file_that_is_no_notebook_is_an_error(tmp_path):
    (tmp_path / "n.ipynb").write_text("[]")
    with pytest.raises(ValueError, match="is not a notebook"):
        read_findings(tmp_path / "n.ipynb")
