"""A sweep on a local cluster against papermill, which runs the same notebook one run after another."""

import logging
import time
from functools import partial
from itertools import islice

import nbformat
import papermill
import pytest

from nbutils.suite.findings import MIME_TYPE
from nbutils.suite.sweep import package
from nbutils.suite.sweep.cluster import local_cluster
from nbutils.suite.sweep.conduct import conduct
from nbutils.suite.sweep.plan import begin, store
from nbutils.suite.sweep.records import Record, read_records
from nbutils.suite.sweep.storage import Folder
from nbutils.suite.sweep.task import Job

FINDINGS = {
    "schema_version": 1,
    "notebook": "trivial",
    "parameters": {},
    "findings": [{"claim": "c", "quantity": "q", "measured": 1.0, "verdict": "holds"}],
}


class Quiet:
    """Shows nothing."""

    def ended(self, record: Record) -> None:
        assert record.status == "ok"

    def refresh(self, client) -> None:
        pass


@pytest.fixture
def notebook(tmp_path):
    parameters = nbformat.v4.new_code_cell('count: int = 0\noutput_dir: str = ""')
    parameters.metadata["tags"] = ["parameters"]
    shown = nbformat.v4.new_code_cell(f"display({{{MIME_TYPE!r}: {FINDINGS}, 'text/plain': 'findings'}}, raw=True)")
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    path = tmp_path / "trivial.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[parameters, shown], metadata=metadata), path)
    return path


@pytest.mark.slow
def test_sweep_speed(benchmark, measuring, notebook, tmp_path):
    rounds, block = (4, 25) if measuring else (1, 1)
    logging.getLogger("papermill").setLevel(logging.CRITICAL)
    plan = begin(Folder(str(tmp_path / "sweep")), notebook, [{"count": i} for i in range(2 * rounds * block + 3)])
    store(plan)
    job = Job("bench", plan.folder.url, "trivial", None, 2, package.version())
    waiting = iter(plan.runs)

    def serial(runs):
        for count in range(runs):
            papermill.execute_notebook(
                str(notebook), str(tmp_path / "out.ipynb"), parameters={"count": count}, progress_bar=False
            )

    def sweep(client, runs):
        conduct(client, job, list(islice(waiting, runs)), {}, Quiet())

    start = time.perf_counter()
    with local_cluster(2, []) as two:
        cluster_start = time.perf_counter() - start
        with local_cluster(1, []) as one:
            functions = {"papermill": serial, "1 worker": partial(sweep, one), "2 workers": partial(sweep, two)}
            seconds = dict.fromkeys(functions, 0.0)
            for function, workers in zip(functions.values(), (1, 1, 2), strict=True):
                function(workers)  # imports
            # Blocks in turn, so that all see the same machine.
            for _ in range(rounds):
                for name, function in functions.items():
                    start = time.perf_counter()
                    function(block)
                    seconds[name] += time.perf_counter() - start
            benchmark.pedantic(serial, args=(1,), rounds=1)

    assert len(read_records(plan.folder, [run.name for run in plan.runs])) == len(plan.runs)
    per_run = {name: value / (rounds * block) for name, value in seconds.items()}
    report = {f"{name}, s a run": value for name, value in per_run.items()} | {
        "start of a cluster of 2, s": cluster_start,
        "papermill / sweep on 2 workers (goal at least 1.7)": per_run["papermill"] / per_run["2 workers"],
        "the same with the start of the cluster, 100 runs": per_run["papermill"]
        / (per_run["2 workers"] + cluster_start / 100),
        "sweep on 1 worker / papermill (goal below 1.1)": per_run["1 worker"] / per_run["papermill"],
    }
    benchmark.extra_info.update(report)
    print("", *(f"{name}: {value:.3f}" for name, value in report.items()), sep="\n")
