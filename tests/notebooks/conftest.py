import pytest

from nbutils.suite import runner


@pytest.fixture
def run_notebook(tmp_path):
    """Runs a notebook with some parameters; gives its outcome and the names of the files that it wrote."""

    def run(name, place="results", **texts):
        [task] = runner.tasks([name], texts, tmp_path / place)
        [outcome] = runner.run([task], 1, lambda outcome: None)
        return outcome, {file.name for file in task.folder.iterdir()}

    return run
