"""Notebooks, grids and a stand-in for a Dask worker."""

from types import SimpleNamespace

import pytest

from nbutils.suite.sweep import task
from nbutils.suite.sweep.records import Record, Run


@pytest.fixture
def notebook(make_notebook, finish, tmp_path):
    (tmp_path / "source").mkdir()
    return make_notebook(tmp_path / "source", "asks", finish)


@pytest.fixture
def worker(monkeypatch, tmp_path):
    """The Dask worker that this process is taken for; set its `state.total_resources`."""
    state = SimpleNamespace(total_resources={})
    fake = SimpleNamespace(address="tcp://127.0.0.1:1", local_directory=str(tmp_path), state=state)
    monkeypatch.setattr(task.distributed, "get_worker", lambda: fake)
    return fake


@pytest.fixture
def make_record():
    def make(run: Run, **changes) -> Record:
        about = {
            "run": run.name,
            "parameters": run.parameters,
            "status": "ok",
            "error": None,
            "seconds": 1.5,
            "attempts": 1,
            "worker": "w",
            "started": "2026-01-01T00:00:00+00:00",
            "finished": "2026-01-01T00:00:02+00:00",
            "nbutils": "0",
        }
        return Record.model_validate(about | changes)

    return make
