import json

import pandas as pd
import pytest

from nbutils.suite.findings import Finding
from nbutils.suite.gallery.prose import Site
from nbutils.suite.gallery.sweep_page import MOST_ROWS, sweep_page
from nbutils.suite.sweep.records import Record, Run
from nbutils.suite.sweep.tables import findings_table, runs_table
from tests.suite.gallery.made_notebooks import FINDINGS, png

ENDED = {"error": None, "seconds": 2.5, "attempts": 1, "worker": "tcp://secret:1", "started": "s", "finished": "f"}


@pytest.fixture
def write_sweep(tmp_path):
    def write(folder=tmp_path / "sizes", seeds=range(3)):
        """Write the tables of a sweep over `seed` and `text` whose second run failed and whose last is missing."""
        runs = [Run(name=f"r{seed}", parameters={"seed": seed, "text": "<b>plays</b>"}) for seed in seeds]
        records = {}
        for run in runs[:-1]:
            failed = {"status": "failed", "error": "cell [2] `x`: E"} if run.name == "r1" else {"status": "ok"}
            found = [] if run.name == "r1" else [Finding(**finding) for finding in FINDINGS]
            about = {**ENDED, "nbutils": "0.1.0", **failed}
            records[run.name] = Record(run=run.name, parameters=run.parameters, findings=found, **about)
        (folder / "figures").mkdir(parents=True)
        findings_table(runs, records).to_parquet(folder / "findings.parquet", index=False)
        runs_table(runs, records).to_parquet(folder / "runs.parquet", index=False)
        (folder / "sweep.json").write_text(json.dumps({"notebook": "growth"}))
        (folder / "figures" / "by_seed_2.png").write_bytes(png())
        (folder / "figures" / "by_text.png").write_bytes(b"no picture")
        return folder

    return write


def test_what_a_sweep_shows(write_sweep):
    site = Site({"growth": "growth.html"})
    page = sweep_page(write_sweep(), "sizes.html", site)
    assert page.problem is None
    assert (page.title, page.name, page.notebook_page) == ("growth over seed, text", "sizes", "growth.html")
    assert page.statuses == {"ok": 1, "failed": 1, "missing": 1}
    verdicts, runs, findings = page.tables
    assert verdicts.columns[1:4] == ["✓ holds", "✗ fails", "– not testable here"]
    assert verdicts.rows[0] == ["it grows", "1", "0", "0", "2", "2"]
    assert [row[2] for row in runs.rows] == ["ok", "failed", "missing"]
    assert runs.rows[1][:4] == ["1", "<b>plays</b>", "failed", "cell [2] `x`: E"]
    assert findings.rows[0][:8] == ["0", "<b>plays</b>", "it grows", "✓ holds", "", "2", "1", "3"]
    assert "secret" not in str(page)


def test_the_figures_beside_it_are_shown(write_sweep):
    site = Site({})
    [figure] = sweep_page(write_sweep(), "sizes.html", site).figures
    assert figure.alt.startswith("What was measured for each claim against seed;")
    assert site.files == {figure.picture.address: png()}


def test_a_long_table_says_what_is_left_out(write_sweep):
    _, runs, _ = sweep_page(write_sweep(seeds=range(MOST_ROWS + 4)), "sizes.html", Site({})).tables
    assert len(runs.rows) == MOST_ROWS
    assert runs.left_out == 4


def test_a_sweep_that_has_not_ended_says_so(write_sweep):
    folder = write_sweep()
    (folder / "runs.parquet").unlink()
    assert sweep_page(folder, "sizes.html", Site({})).problem == "has no tables yet"


@pytest.mark.parametrize("damage", ["no parquet", "other columns", "lists for claims"])
def test_tables_that_cannot_be_read_are_said_to_be_so(write_sweep, damage):
    folder = write_sweep()
    path = folder / "findings.parquet"
    if damage == "no parquet":
        path.write_bytes(b"PAR1")
    elif damage == "other columns":
        pd.DataFrame({"a": [1]}).to_parquet(path)
    else:
        table = pd.read_parquet(path)
        table.assign(claim=[[1]] * len(table)).to_parquet(path)
    assert sweep_page(folder, "sizes.html", Site({})).problem.startswith("has tables that cannot be read (")


def test_a_damaged_plan_costs_the_notebooks_name_only(write_sweep):
    folder = write_sweep()
    (folder / "sweep.json").write_text("[]")
    assert sweep_page(folder, "sizes.html", Site({})).title == "sizes over seed, text"
