"""Whole sweeps as a user makes them, and what is left when a part of them is killed."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import psutil
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name != "posix", reason="sends signals")]

LIMIT_S = 300  # only so that a broken sweep fails instead of hanging

# What a run does is told by its count: 1 passes, 2 fails, 3 kills its worker once, 4 whenever it runs.
EVENTFUL = """import os, signal
from pathlib import Path
before, fixed = Path("{folder}/before"), Path("{folder}/fixed").exists()
if count == 2 and not fixed:
    raise RuntimeError("no luck")
if count == 4 and not fixed or count == 3 and not before.exists():
    if count == 3:
        before.touch()
    os.kill(os.getppid(), signal.SIGKILL)
gpu = float(os.environ["CUDA_VISIBLE_DEVICES"])
run.finding(claim="counts", quantity="count", measured=count, verdict="holds")
run.finding(claim="has a GPU", quantity="number of the GPU", measured=gpu, verdict="holds", n=1)
run.finish()"""

# A run that says who executes it and waits until it may go on; the first one does not wait.
WAITS = """import os, socket, time
from pathlib import Path
if count > 1 and not Path("{folder}/go").exists():
    told = socket.create_connection(("127.0.0.1", {port}))
    told.sendall(f"{{os.getpid()}} {{os.getppid()}}".encode())
    told.recv(1)
run.finding(claim="counts", quantity="count", measured=count, verdict="holds")
run.finish()"""


def start(*arguments, **options) -> subprocess.Popen:
    command = [sys.executable, "-m", "nbutils", "sweep", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def finished(process: subprocess.Popen) -> tuple[int, str, str]:
    output, errors = process.communicate(timeout=LIMIT_S)
    return process.returncode, output, errors


def table(folder: Path, name: str = "runs") -> pd.DataFrame:
    return pd.read_parquet(folder / f"{name}.parquet").set_index("count")


def wait_until_ended(processes: list[psutil.Process]) -> None:
    """Wait for processes of which some are orphans, which stay zombies where nobody collects them."""
    deadline = time.monotonic() + LIMIT_S
    while any(psutil.pid_exists(process.pid) and status(process) != psutil.STATUS_ZOMBIE for process in processes):
        assert time.monotonic() < deadline, "a process is left"
        time.sleep(0.05)


def status(process: psutil.Process) -> str:
    try:
        return process.status()
    except psutil.NoSuchProcess:
        return psutil.STATUS_ZOMBIE


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(LIMIT_S)
        yield server


@pytest.fixture
def waits(make_notebook, listener, tmp_path):
    return make_notebook(tmp_path, "waits", WAITS.format(folder=tmp_path, port=listener.getsockname()[1]))


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


@contextmanager
def in_second_run(listener):
    """Wait until the second run is being executed; yield its kernel and its worker."""
    connection, _ = listener.accept()
    with connection:
        yield [psutil.Process(int(pid)) for pid in connection.recv(100).split()]


@pytest.fixture(scope="module")
def eventful(tmp_path_factory, make_notebook):
    """A sweep with every kind of end, and the same sweep resumed when all causes are gone."""
    folder = tmp_path_factory.mktemp("eventful")
    notebook = make_notebook(folder, "eventful", EVENTFUL.format(folder=folder))
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "5,7", "TMPDIR": str(folder / "t")}
    (folder / "t").mkdir()
    options = ["-g", "count", 1, 2, 3, 4, "-o", "out", "--retries", 1]
    first = finished(start(notebook, *options, cwd=folder, env=environment))
    assert first[0] == 1, first
    tables = table(folder / "out"), table(folder / "out", "findings")
    left = list((folder / "t").iterdir())
    (folder / "fixed").touch()
    resumed = finished(start(notebook, "-o", "out", "--resume", cwd=folder, env=environment))
    return {"folder": folder / "out", "first": first, "tables": tables, "left": left, "resumed": resumed}


class TestEventfulSweep:
    def test_every_run_is_recorded_and_none_stops_the_others(self, eventful):
        runs, _ = eventful["tables"]
        assert dict(runs["status"]) == {1: "ok", 2: "failed", 3: "ok", 4: "lost"}
        assert "RuntimeError: no luck" in runs["error"][2]
        assert "its worker was lost each time" in runs["error"][4]
        assert eventful["first"][0] == 1

    def test_a_run_that_starts_again_after_its_worker_died_says_so(self, eventful):
        runs, _ = eventful["tables"]
        assert dict(runs["attempts"]) == {1: 1, 2: 1, 3: 2, 4: 2}
        assert "started more than once: 2 runs" in eventful["first"][1]
        assert "ok  count=3" in eventful["first"][2]
        assert "(started 2 times)" in eventful["first"][2]

    def test_the_findings_are_one_table_with_the_parameters(self, eventful):
        _, findings = eventful["tables"]
        counts = findings[findings["claim"] == "counts"]
        assert dict(counts["measured"]) == {1: 1.0, 3: 3.0}
        assert list(findings["status"][[2, 4]]) == ["failed", "lost"]
        assert findings["claim"][[2, 4]].isna().all()

    def test_each_run_sees_one_gpu(self, eventful):
        _, findings = eventful["tables"]
        assert set(findings[findings["claim"] == "has a GPU"]["measured"]) <= {5.0, 7.0}

    def test_no_temporary_file_is_left(self, eventful):
        assert eventful["left"] == []

    def test_resuming_makes_only_what_did_not_pass(self, eventful):
        code, output, errors = eventful["resumed"]
        assert code == 0
        assert "4 runs, 2 done, 2 to make" in errors
        assert "eventful: 4 runs, 4 ok" in output
        runs = table(eventful["folder"])
        assert dict(runs["attempts"]) == {1: 1, 2: 2, 3: 2, 4: 3}
        assert set(runs["status"]) == {"ok"}

    def test_a_run_that_passes_in_the_end_leaves_nothing_of_its_failure(self, eventful):
        (folder,) = eventful["folder"].glob("runs/count-2-*")
        assert {path.name for path in folder.iterdir()} == {
            "eventful.ipynb",
            "findings.json",
            "sweep_record.json",
            "run.json",
        }

    def test_there_is_a_figure_of_each_parameter(self, eventful):
        assert {path.name for path in (eventful["folder"] / "figures").iterdir()} == {"by_count.png", "by_count.svg"}


def test_killing_the_client_ends_all_processes_and_what_has_finished_is_not_made_again(waits, listener, out, tmp_path):
    # A process that is killed cannot remove its temporary files.
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    process = start(waits, "-g", "count", 1, 2, 3, "-o", out, "--workers", 1, env=environment)
    with in_second_run(listener) as family:
        process.kill()
        wait_until_ended(family)
    process.communicate()

    (tmp_path / "go").touch()
    first = next(out.glob("runs/count-1-*/sweep_record.json")).read_bytes()
    code, _, errors = finished(start(waits, "--resume", "-o", out, "--workers", 1))
    assert code == 0
    assert "3 runs, 1 done, 2 to make" in errors
    assert next(out.glob("runs/count-1-*/sweep_record.json")).read_bytes() == first
    assert dict(table(out)["attempts"]) == {1: 1, 2: 2, 3: 1}


def test_ctrl_c_ends_every_process_and_keeps_what_is_finished(waits, listener, out, tmp_path):
    (tmp_path / "t").mkdir()
    environment = {**os.environ, "TMPDIR": str(tmp_path / "t")}
    # As from a terminal: the signal goes to the command and to its workers.
    process = start(waits, "-g", "count", 1, 2, 3, "-o", out, "--workers", 1, env=environment, process_group=0)
    with in_second_run(listener) as family:
        os.killpg(process.pid, signal.SIGINT)
        code, _, errors = finished(process)
    assert code == 130
    assert errors.splitlines()[-1] == "nbutils: interrupted; all kernels have ended."
    assert [member for member in family if member.is_running() and status(member) != psutil.STATUS_ZOMBIE] == []
    assert list((tmp_path / "t").iterdir()) == []
    assert dict(table(out)["status"]) == {1: "ok", 2: "missing", 3: "missing"}


@contextmanager
def dask_cluster(folder: Path):
    """A scheduler and a worker with a process each; yields the scheduler's address and process."""
    file = folder / "scheduler.json"
    environment = {**os.environ, "TMPDIR": str(folder)}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder, "env": environment}
    options = ["--scheduler-file", file, "--no-dashboard"]
    scheduler = subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_scheduler", *options, "--port", "0"], **quiet
    )
    worker = subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_worker", *options, "--nthreads", "1", "--no-nanny"], **quiet
    )
    try:
        deadline = time.monotonic() + LIMIT_S
        while not file.exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield pd.read_json(file, typ="series")["address"], scheduler
    finally:
        for process in (worker, scheduler):
            process.kill()
            process.wait()


def test_killing_the_scheduler_is_one_sentence_and_loses_nothing_finished(waits, listener, out, tmp_path):
    with dask_cluster(tmp_path) as (address, scheduler):
        process = start(waits, "-g", "count", 1, 2, 3, "-o", f"file://{out}", "--scheduler", address)
        with in_second_run(listener):
            scheduler.kill()
            code, _, errors = finished(process)
    assert code == 2
    *_, passed, said = errors.splitlines()
    assert passed.startswith("1/3  ok  count=1")
    assert said == "nbutils: The scheduler was lost; what has finished is kept, go on with --resume."
    assert dict(table(out)["status"]) == {1: "ok", 2: "missing", 3: "missing"}
