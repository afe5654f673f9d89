import subprocess
import sys
from importlib import metadata
from types import SimpleNamespace

import pytest

from nbutils.suite import project
from nbutils.suite.provenance import provenance


@pytest.fixture
def repository(tmp_path, monkeypatch):
    identity = ["-c", "user.name=n", "-c", "user.email=n@example.org"]
    for arguments in (["init"], [*identity, "commit", "--allow-empty", "-m", "first"]):
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True, capture_output=True)
    monkeypatch.setattr(project, "root", lambda: tmp_path)
    return tmp_path


def test_the_revision_is_recorded_and_whether_files_differ_from_it(repository):
    clean = provenance()["git"]
    (repository / "changed").write_text("")
    changed = provenance()["git"]
    assert len(clean["revision"]) == 40
    assert clean["dirty"] is False
    assert changed == {"revision": clean["revision"], "dirty": True}


def test_without_a_repository_there_is_no_revision(tmp_path, monkeypatch):
    monkeypatch.setattr(project, "root", lambda: tmp_path)
    assert provenance()["git"] is None


def test_without_git_there_is_no_revision(repository, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert provenance()["git"] is None


def test_only_imported_libraries_are_listed(monkeypatch):
    import numpy

    monkeypatch.delitem(sys.modules, "torch", raising=False)
    packages = provenance()["packages"]
    assert packages["numpy"] == numpy.__version__
    assert "torch" not in packages


def test_a_library_that_is_not_installed_does_not_end_a_run(monkeypatch):
    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    assert set(provenance()["packages"].values()) == {"unknown"}


def test_the_gpus_are_named_when_torch_is_loaded(monkeypatch):
    torch = SimpleNamespace(
        cuda=SimpleNamespace(device_count=lambda: 2, get_device_name=lambda i: f"GPU {i}"),
        backends=SimpleNamespace(mps=SimpleNamespace(is_available=lambda: False)),
    )
    monkeypatch.setitem(sys.modules, "torch", torch)
    assert provenance()["devices"] == ["cpu", "GPU 0", "GPU 1"]
    monkeypatch.delitem(sys.modules, "torch")
    assert provenance()["devices"] == ["cpu"]
