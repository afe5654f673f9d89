"""What the command refuses before a cluster starts, and what it says."""

import pytest

from nbutils.__main__ import main
from nbutils.suite import project
from nbutils.suite.sweep import cluster


@pytest.fixture
def sweep(notebook, tmp_path):
    def sweep(*arguments):
        return main(["sweep", str(notebook), *map(str, arguments)])

    return sweep


class TestUsage:
    @pytest.fixture(autouse=True)
    def _no_cluster(self, monkeypatch):
        monkeypatch.setattr(cluster, "local_cluster", lambda *_: pytest.fail("a cluster was started"))
        monkeypatch.setattr(cluster, "Client", lambda *_, **__: pytest.fail("a cluster was asked"))

    def refused(self, capsys, tmp_path):
        assert not (tmp_path / "out").exists()
        errors = capsys.readouterr().err
        assert errors.startswith("nbutils: ")
        assert errors.count("\n") == 1
        return errors

    def test_an_unknown_parameter(self, sweep, tmp_path, capsys):
        assert sweep("-g", "cuont", 1, 2, "-o", tmp_path / "out") == 2
        assert "did you mean 'count'" in self.refused(capsys, tmp_path)

    def test_no_grid(self, sweep, tmp_path, capsys):
        assert sweep("-o", tmp_path / "out") == 2
        assert "has no runs" in self.refused(capsys, tmp_path)

    def test_too_many_runs(self, sweep, tmp_path, capsys):
        assert sweep("-g", "count", *range(101), "-g", "seed", *range(100), "-o", tmp_path / "out") == 2
        assert "10100 runs; add --yes" in self.refused(capsys, tmp_path)

    def test_no_such_notebook(self, tmp_path, capsys):
        assert main(["sweep", "no_such", "-g", "seed", "1", "-o", str(tmp_path / "out")]) == 2
        assert "There is no notebook 'no_such'" in self.refused(capsys, tmp_path)

    def test_nothing_to_resume(self, sweep, tmp_path, capsys):
        assert sweep("--resume", "-o", tmp_path / "out") == 2
        assert "holds no sweep to resume" in self.refused(capsys, tmp_path)

    def test_resuming_what(self, sweep, tmp_path, capsys):
        assert sweep("--resume") == 2
        assert "--resume needs" in self.refused(capsys, tmp_path)

    def test_a_folder_with_other_files(self, sweep, notebook, tmp_path, capsys):
        assert sweep("-g", "seed", 1, "-o", notebook.parent) == 2
        assert "holds other files, such as asks.ipynb" in self.refused(capsys, tmp_path)

    @pytest.mark.parametrize(
        ("option", "value", "message"),
        [
            ("--timeout", "0", "above 0"),
            ("--timeout", "nan", "above 0"),
            ("--timeout", "inf", "above 0"),
            ("--workers", "0", "at least 1"),
            ("--retries", "-1", "at least 0"),
        ],
    )
    def test_a_number_that_is_none(self, sweep, capsys, option, value, message):
        with pytest.raises(SystemExit, match="2"):
            sweep("-g", "seed", 1, option, value)
        assert message in capsys.readouterr().err

    def test_workers_of_an_existing_cluster(self, sweep, capsys):
        with pytest.raises(SystemExit, match="2"):
            sweep("-g", "seed", 1, "--workers", 2, "--scheduler", "tcp://x:1")
        assert "not allowed with argument" in capsys.readouterr().err


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "no-such-protocol://x:1", "tcp://", "words"])
def test_a_scheduler_that_does_not_answer_is_one_sentence(sweep, tmp_path, capsys, monkeypatch, address):
    monkeypatch.setattr(cluster, "CONNECT_TIMEOUT_S", 0.5)
    assert sweep("-g", "seed", 1, "-o", tmp_path / "out", "--scheduler", address) == 2
    *_, last = capsys.readouterr().err.splitlines()
    assert last.startswith(f"nbutils: No Dask scheduler answers at {address} (")
    assert not (tmp_path / "out").exists()


def test_the_default_folder_is_below_the_projects_results(sweep, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(project, "root", lambda: tmp_path)
    sweep("-g", "seed", 1, "--scheduler", "no-such-protocol://x:1")
    (tmp_path / "results" / "sweeps").mkdir(parents=True)
    assert sweep("-g", "seed", 1, "--resume") == 2
    assert f"nbutils: {tmp_path}/results/sweeps/asks-" in capsys.readouterr().err
