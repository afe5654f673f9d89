import os
import signal
import socket
import subprocess
import sys

import nbformat
import psutil
import pytest

from nbutils.__main__ import main
from nbutils.suite import UsageError, read_findings, runner

pytestmark = pytest.mark.slow

KILLED = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"
START_CHILD = "import subprocess\npid = subprocess.Popen(['sleep', '600'], start_new_session=True).pid\n"
LIMIT_S = 120  # only so that a broken runner fails instead of hanging


def start_command(*arguments, **options) -> subprocess.Popen:
    command = [sys.executable, "-m", "nbutils", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def is_alive(process: psutil.Process) -> bool:
    try:
        # Whether init has already collected a dead process is not the runner's affair.
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture(scope="module")
def executed(tmp_path_factory, make_notebook, finish):
    """One run of notebooks that end in every way: its folder, exit code and output."""
    folder = tmp_path_factory.mktemp("run")
    stale = folder / "out" / "passes" / "passes.failed.ipynb"
    stale.parent.mkdir(parents=True)
    stale.write_text("of an earlier run")
    (folder / "out" / "fails").mkdir()
    (folder / "out" / "fails" / "findings.json").write_text("of an earlier run")
    paths = [
        make_notebook(folder, "fails", "x = 1\n1 / 0", finish),
        make_notebook(folder, "passes", finish),
        make_notebook(folder, "exits", "import sys; sys.exit(0)", finish),
        make_notebook(folder, "killed", KILLED, finish),
    ]
    process = start_command("run", *paths, "-o", "out", "-p", "label", "1e5", "--jobs", 3, cwd=folder)
    output, errors = process.communicate(timeout=LIMIT_S)
    return folder / "out", process.returncode, output, errors


def test_one_failure_makes_the_exit_code_1(executed):
    assert executed[1] == 1


def test_a_passing_notebook_is_kept_with_its_findings(executed):
    folder = executed[0] / "passes"
    assert {path.name for path in folder.iterdir()} == {"passes.ipynb", "run.json", "findings.json"}
    record = read_findings(folder / "passes.ipynb")
    assert record["parameters"]["label"] == "1e5"
    assert record["findings"][0]["measured"] == 3


@pytest.mark.parametrize("name", ["fails", "exits", "killed"])
def test_a_failed_notebook_is_kept_under_another_name(executed, name):
    files = {path.name for path in (executed[0] / name).iterdir()}
    assert f"{name}.failed.ipynb" in files
    assert f"{name}.ipynb" not in files
    nbformat.validate(nbformat.read(executed[0] / name / f"{name}.failed.ipynb", as_version=4))


def test_a_failed_notebook_leaves_the_earlier_result(executed):
    assert (executed[0] / "fails" / "findings.json").read_text() == "of an earlier run"


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("fails", ["cell [4] `x = 1`", "ZeroDivisionError: division by zero"]),
        ("exits", ["cell [4] `import sys; sys.exit(0)`", "without findings"]),
        ("killed", ["cell [4] `import os, signal`", "Kernel died"]),
        ("passes", ["passed"]),
    ],
)
def test_the_summary_names_notebook_cell_and_error(executed, name, parts):
    (line,) = [line for line in executed[2].splitlines() if line.startswith(("passed", "failed")) and name in line]
    assert all(part in line for part in parts), line


def test_the_summary_has_one_findings_table(executed):
    heading, _, row = executed[2].splitlines()[:3]
    assert heading.split() == ["notebook", "claim", "paper", "measured", "interval", "null", "verdict"]
    assert row.split() == ["passes", "1e5", "3", "✓", "holds"]


def test_a_log_tells_each_end_as_it_comes(executed):
    ends = [line.split()[:2] for line in executed[3].splitlines() if line.startswith(("passed", "failed"))]
    assert sorted(ends) == [["failed", "exits"], ["failed", "fails"], ["failed", "killed"], ["passed", "passes"]]


def test_a_parameter_that_the_notebook_refuses_is_the_error(tmp_path, make_notebook, finish):
    path = make_notebook(tmp_path, "picky", finish)
    (outcome,) = runner.run(runner.tasks([str(path)], {"count": "99"}, tmp_path / "out"), 1, lambda _: None)
    assert outcome.findings is None
    assert (
        "ParameterError: Parameter count = 99 is not allowed: it should be less than or equal to 10." in outcome.failure
    )


def test_a_worker_that_dies_fails_its_notebook_only(tmp_path, make_notebook, finish):
    kill_worker = "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nimport time; time.sleep(600)"
    paths = [make_notebook(tmp_path, "dies", kill_worker), make_notebook(tmp_path, "lives", finish)]
    planned = runner.tasks([str(path) for path in paths], {}, tmp_path / "out")
    dead, alive = runner.run(planned, 2, lambda _: None)
    assert "exit code -9" in dead.failure
    assert alive.failure is None


@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT to one process")
def test_ctrl_c_ends_every_process_and_leaves_no_file(tmp_path, make_notebook):
    temporary = tmp_path / "t"
    temporary.mkdir()
    environment = {**os.environ, "TMPDIR": str(temporary), "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime")}
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(LIMIT_S)
        tell = f"import socket\nsocket.create_connection({server.getsockname()}).sendall(str(pid).encode())\n"
        paths = [
            make_notebook(tmp_path, "computes", "import os\npid = os.getpid()\n" + tell + "sum(range(10**13))"),
            make_notebook(tmp_path, "sleeps", START_CHILD + tell + "import time\ntime.sleep(600)"),
        ]
        process = start_command("run", *paths, "-o", tmp_path / "out", "--jobs", 2, env=environment)
        try:
            pids = [int(server.accept()[0].recv(100)) for _ in paths]
            below = psutil.Process(process.pid).children(recursive=True)
            # multiprocessing's own bookkeeper ends by itself, after the command.
            workers_and_kernels = [member for member in below if "resource_tracker" not in str(member.cmdline())]
            family = [*workers_and_kernels, *map(psutil.Process, pids)]
            kernels = [member for member in family if "ipykernel_launcher" in member.cmdline()]
        finally:
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=LIMIT_S)

    assert len(kernels) >= 2
    assert process.returncode == 130
    assert errors.strip() == "nbutils: interrupted; all kernels have ended."
    assert [member for member in family if is_alive(member)] == []
    assert list(temporary.iterdir()) == []
    assert [path for path in (tmp_path / "out").rglob("*") if path.is_file()] == []
    assert not list((tmp_path / "runtime").glob("*"))


class TestUsage:
    """What is refused before a kernel starts."""

    @pytest.fixture(autouse=True)
    def _no_process(self, monkeypatch):
        monkeypatch.setattr(runner, "_start", lambda *_: pytest.fail("a process was started"))

    def test_an_unknown_notebook(self, capsys):
        assert main(["run", "no_such_notebook"]) == 2
        errors = capsys.readouterr().err
        assert errors.startswith("nbutils: There is no notebook 'no_such_notebook'; available are ")
        assert errors.count("\n") == 1

    def test_an_unknown_parameter_of_one_of_several(self, tmp_path, make_notebook, capsys):
        paths = [str(make_notebook(tmp_path, name)) for name in ("one", "two")]
        assert main(["run", *paths, "-p", "seed", "1", "-p", "cuont", "1", "-o", str(tmp_path / "out")]) == 2
        assert "has no parameter 'cuont'; did you mean 'count'" in capsys.readouterr().err
        assert not (tmp_path / "out").exists()

    def test_an_output_folder_that_is_a_file(self, tmp_path, make_notebook, capsys):
        (tmp_path / "out").write_text("")
        assert main(["run", str(make_notebook(tmp_path, "one")), "-o", str(tmp_path / "out")]) == 2
        assert "a file is in its way" in capsys.readouterr().err

    def test_two_notebooks_of_one_name(self, tmp_path, make_notebook):
        (tmp_path / "other").mkdir()
        paths = [str(make_notebook(folder, "one")) for folder in (tmp_path, tmp_path / "other")]
        with pytest.raises(UsageError, match="Two notebooks are named 'one'"):
            runner.tasks(paths, {}, tmp_path / "out")

    def test_a_notebook_named_twice_runs_once(self, tmp_path, make_notebook):
        path = str(make_notebook(tmp_path, "one"))
        assert len(runner.tasks([path, path], {}, tmp_path / "out")) == 1

    @pytest.mark.parametrize("jobs", ["0", "-1", "two"])
    def test_a_number_of_jobs_that_is_none(self, jobs, capsys):
        with pytest.raises(SystemExit, match="2"):
            main(["run", "--jobs", jobs])
        assert "--jobs: must be a whole number of at least 1" in capsys.readouterr().err
