"""One run on a worker, with a stand-in for the execution of the notebook."""

import errno
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from fsspec.implementations.local import LocalFileSystem

from nbutils.suite import OutputError, UsageError
from nbutils.suite.execution import Outcome
from nbutils.suite.sweep import package, task
from nbutils.suite.sweep.plan import begin, store
from nbutils.suite.sweep.records import read_records, starts
from nbutils.suite.sweep.storage import Folder
from nbutils.suite.sweep.task import Job, StoppedError, check_worker, execute_run, stop

FINDING = {"claim": "c", "quantity": "q", "measured": 2.0, "verdict": "holds"}
PASSED = Outcome("asks", 0.5, [FINDING], None)
FAILED = Outcome("asks", 0.5, None, "cell [2] `1 / 0`: ZeroDivisionError: division by zero")


@pytest.fixture
def plan(notebook, tmp_path):
    plan = begin(Folder(str(tmp_path / "sweep")), notebook, [{"count": 1}])
    store(plan)
    return plan


@pytest.fixture
def run(plan):
    return plan.runs[0]


@pytest.fixture
def job(plan):
    def make(invocation="f1", **changes):
        about = {"timeout_s": None, "retries": 1, "version": package.version()}
        return Job(invocation=invocation, url=plan.folder.url, notebook="asks", **(about | changes))

    return make


@pytest.fixture
def executions(monkeypatch, worker):
    """The executions that the test expects, each with its outcome; what was executed is put into `tasks`."""

    class Executions:
        def __init__(self):
            self.outcomes = [PASSED]
            self.tasks = []
            self.meanwhile = lambda: None

        def __call__(self, execution, scratch, progress_bar):
            self.tasks.append(execution)
            self.meanwhile()
            outcome = self.outcomes.pop(0)
            name = "asks.failed.ipynb" if outcome.failure else "asks.ipynb"
            (execution.folder / name).write_text("executed")
            (execution.folder / "more").mkdir()
            (execution.folder / "more" / "figure.png").write_text("drawn")
            return outcome

    executions = Executions()
    monkeypatch.setattr(task, "execute", executions)
    return executions


def test_a_run_leaves_its_files_its_start_and_last_its_record(plan, run, job, executions, monkeypatch):
    written = []
    move = LocalFileSystem.mv
    monkeypatch.setattr(LocalFileSystem, "mv", lambda self, *paths: (written.append(paths[1]), move(self, *paths)))
    record = execute_run(job(), run)
    inside = f"{plan.folder.url}/runs/{run.name}"
    files = [f"{inside}/{name}" for name in ("asks.ipynb", "more/figure.png", "sweep_record.json")]
    assert written[0].startswith(f"{plan.folder.url}/starts/{run.name}/f1-")
    assert written[1:] == files
    assert (record.status, record.attempts, record.findings[0].measured) == ("ok", 1, 2.0)
    assert record.files == ["asks.ipynb", "more/figure.png"]
    assert read_records(plan.folder, [run.name]) == {run.name: record}


def test_a_run_executes_the_sweeps_own_copy_of_the_notebook(plan, run, job, executions):
    copied = plan.notebook.read_bytes()
    plan.notebook.write_text("edited meanwhile")
    executions.meanwhile = lambda: contents.append(executions.tasks[0].notebook.read_bytes())
    contents = []
    execute_run(job(), run)
    assert contents == [copied]


def test_nothing_is_left_on_the_worker(run, job, executions, worker):
    execute_run(job(), run)
    assert not executions.tasks[0].folder.parent.exists()


def test_a_run_with_a_good_record_is_not_executed_again(run, job, executions):
    record = execute_run(job(), run)
    assert execute_run(job(), run) == record
    assert len(executions.tasks) == 1


def test_a_run_that_failed_is_executed_again_and_says_so(plan, run, job, executions):
    executions.outcomes = [FAILED, PASSED]
    failed = execute_run(job("f1"), run)
    assert (failed.status, failed.error) == ("failed", FAILED.failure)
    passed = execute_run(job("f2"), run)
    assert (passed.status, passed.attempts) == ("ok", 2)
    assert sorted(plan.folder.names(f"runs/{run.name}")) == ["asks.ipynb", "more", "sweep_record.json"]


def test_of_two_at_the_same_time_the_first_to_finish_is_kept(plan, run, job, executions):
    executions.outcomes = [PASSED, PASSED]
    first = []

    def other_worker():
        executions.meanwhile = lambda: None
        first.append(execute_run(job(), run))

    executions.meanwhile = other_worker
    assert execute_run(job(), run) == first[0]
    assert read_records(plan.folder, [run.name]) == {run.name: first[0]}
    assert first[0].attempts == 2


@pytest.mark.parametrize("retries", [0, 2])
def test_a_run_whose_workers_die_is_given_up_after_the_retries(plan, run, job, executions, retries):
    class Died(BaseException):
        """Stands for the end of the worker's process."""

    def die():
        raise Died

    executions.meanwhile = die
    for _ in range(retries + 1):
        with pytest.raises(Died):
            execute_run(job(retries=retries), run)
    lost = execute_run(job(retries=retries), run)
    assert (lost.status, lost.attempts) == ("lost", retries + 1)
    assert f"({retries + 1} times)" in lost.error

    executions.meanwhile = lambda: None
    resumed = execute_run(job("f2", retries=retries), run)
    assert (resumed.status, resumed.attempts) == ("ok", retries + 2)


@pytest.mark.parametrize("full_from", ["starts", "asks.ipynb", "sweep_record.json"])
def test_a_full_disk_is_said_and_leaves_no_record(plan, run, job, executions, monkeypatch, full_from):
    move = LocalFileSystem.mv

    def full(self, source, target, **options):
        if full_from in target:
            raise OSError(errno.ENOSPC, "No space left on device")
        move(self, source, target, **options)

    monkeypatch.setattr(LocalFileSystem, "mv", full)
    with pytest.raises(OutputError, match="No space left on device"):
        execute_run(job(), run)
    monkeypatch.undo()
    assert read_records(plan.folder, [run.name]) == {}


def test_what_is_executed_when_the_invocation_stops_is_not_kept(plan, run, job, executions):
    executions.meanwhile = lambda: stop("stopped")
    with pytest.raises(StoppedError):
        execute_run(job("stopped"), run)
    assert read_records(plan.folder, [run.name]) == {}
    assert len(starts(plan.folder, run.name)) == 1


def test_a_worker_with_gpus_gives_each_run_one_of_its_own(run, job, executions, worker, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,2,7")
    worker.state.total_resources = {"GPU": 2.0}
    executions.outcomes = [FAILED, FAILED]
    executions.meanwhile = threading.Barrier(2, timeout=60).wait
    with ThreadPoolExecutor() as threads:
        list(threads.map(execute_run, [job()] * 2, [run] * 2))
    assert sorted(done.environment["CUDA_VISIBLE_DEVICES"] for done in executions.tasks) == ["2", "4"]


def test_without_gpus_nothing_is_hidden(run, job, executions):
    execute_run(job(), run)
    assert executions.tasks[0].environment == {}


def test_another_version_is_refused_before_anything_is_executed(run, job, executions):
    wrong = job(version="0.0.1 (abc)")
    assert "has nbutils" in check_worker(wrong)
    with pytest.raises(UsageError, match=r"has nbutils .*, not 0.0.1 \(abc\); install the same on all workers"):
        execute_run(wrong, run)
    assert executions.tasks == []


def test_a_worker_that_does_not_see_the_folder_is_told(job, tmp_path):
    assert check_worker(job()) is None
    elsewhere = Job("f1", str(tmp_path / "elsewhere"), "asks", None, 0, package.version())
    assert "does not see" in check_worker(elsewhere)


@pytest.mark.slow
def test_a_notebook_that_never_ends_is_ended(job, worker, make_notebook, tmp_path):
    # A loop in C cannot be interrupted; its kernel has to be killed.
    notebook = make_notebook(tmp_path, "asks", "sum(range(10**13))")
    endless = begin(Folder(str(tmp_path / "endless")), notebook, [{"count": 1}])
    store(endless)
    about = Job("f1", endless.folder.url, "asks", 3.0, 0, package.version())
    record = execute_run(about, endless.runs[0])
    assert record.status == "timed out"
    assert record.error.startswith("ended after the time limit of 3 s")
