import pytest

from nbutils.__main__ import main
from nbutils.suite import project
from nbutils.suite.execution import Outcome
from nbutils.suite.summary import listing, outcome_line, summary


@pytest.fixture
def notebook(make_notebook, tmp_path):
    (tmp_path / "notebooks").mkdir()
    return make_notebook(tmp_path / "notebooks", "norms")


def test_listing_shows_question_and_parameters_with_type_default_and_help(notebook):
    lines = listing([notebook]).splitlines()
    assert lines[0] == "norms: What is norms?"
    assert lines[1].split(maxsplit=4) == ["count:", "int", "=", "3", "how many"]
    assert len(lines) == 7


def test_the_list_command_shows_the_projects_notebooks(notebook, monkeypatch, capsys):
    monkeypatch.setattr(project, "root", lambda: notebook.parents[1])
    assert main(["list"]) == 0
    assert capsys.readouterr().out.startswith("norms: What is norms?\n")


def test_a_failed_outcome_says_why():
    assert outcome_line(Outcome("norms", 1.25, None, "cell [2] `x`: E")) == "failed  norms  1.2 s  cell [2] `x`: E"


def test_a_summary_without_findings_still_has_a_line_for_each_notebook():
    assert summary([Outcome("norms", 1.0, [], None)]).splitlines() == ["no findings", "", "passed  norms  1.0 s"]


def test_help_shows_examples(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    shown = capsys.readouterr().out
    assert "python -m nbutils run router_norms -p max_tokens 5000" in shown
