import pytest

from nbutils.__main__ import main
from nbutils.suite import UsageError, project
from nbutils.suite.new.naming import LONGEST_NAME, checked


@pytest.fixture(autouse=True)
def tree(tmp_path, monkeypatch):
    for folder in ("notebooks", "nbutils/moe/norms", "tests"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "notebooks" / "router_norms.ipynb").write_text("{}")
    (tmp_path / "nbutils" / "progress.py").write_text("")
    monkeypatch.setattr(project, "root", lambda: tmp_path)
    return tmp_path


def test_a_theme_of_its_own_or_a_room_in_one_that_exists():
    own, room, new_theme = (checked("nest", None, theme) for theme in (None, "moe", "birds"))
    assert (own.package, room.package, new_theme.package) == (("nest",), ("moe", "nest"), ("birds",))


def test_a_name_stands_for_a_title_and_a_class():
    names = checked("router_entropy_2", None, None)
    assert (names.title, names.parameters) == ("Router entropy 2", "RouterEntropy2")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("router_norms", "notebooks/router_norms.ipynb exists already"),
        ("moe", "nbutils/moe exists already"),
        ("Router", "no name for a notebook"),
        ("router norms", "no name for a notebook"),
        ("../router", "no name for a notebook"),
        ("2nd", "no name for a notebook"),
        ("_nest", "no name for a notebook"),
        ("nest\n", "no name for a notebook"),
        ("näst", "no name for a notebook"),
        ("", "no name for a notebook"),
        ("n" * (LONGEST_NAME + 1), "no name for a notebook"),
        ("lambda", "has another meaning"),
        ("index", "has another meaning"),
        ("suite", "has another meaning"),
        ("means", "has another meaning"),
    ],
)
def test_a_wrong_name_ends_in_one_sentence(tree, capsys, name, sentence):
    before = sorted(tree.rglob("*"))
    assert main(["new", name]) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1
    assert sorted(tree.rglob("*")) == before


@pytest.mark.parametrize(
    ("theme", "sentence"),
    [
        ("statistics", "has another meaning"),
        ("../x", "no name for a notebook"),
        ("norms/x", "no name for a notebook"),
    ],
)
def test_a_wrong_theme_is_refused(theme, sentence):
    with pytest.raises(UsageError, match=sentence):
        checked("nest", None, theme)


def test_a_room_that_exists_is_refused():
    with pytest.raises(UsageError, match="nbutils/moe/norms exists already"):
        checked("norms", None, "moe")


@pytest.mark.parametrize("title", ["", " ", "two\nlines", "x" * 200])
def test_a_title_is_one_line(title):
    with pytest.raises(UsageError, match="must be one line"):
        checked("nest", title, None)


def test_outside_of_a_source_tree_nothing_is_made(tmp_path, monkeypatch):
    monkeypatch.setattr(project, "root", lambda: tmp_path / "nbutils")
    with pytest.raises(UsageError, match="no source tree"):
        checked("nest", None, None)
