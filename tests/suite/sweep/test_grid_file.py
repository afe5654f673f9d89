import pytest

from nbutils.suite import UsageError
from nbutils.suite.sweep.grid import grid
from nbutils.suite.sweep.grid_file import axes_from_file


@pytest.fixture
def read(tmp_path):
    def read(text):
        path = tmp_path / "grid.yaml"
        path.write_text(text)
        return axes_from_file(path)

    return read


def test_lists_of_values_are_axes_and_values_stay_as_they_are_written(read):
    axes = read("label: [007, 1e5, yes, '[1, 2]']\ncount:\n  - 1\n  - 2\nshare: 0.5")
    assert axes == [
        [{"label": "007"}, {"label": "1e5"}, {"label": "yes"}, {"label": "[1, 2]"}],
        [{"count": "1"}, {"count": "2"}],
        [{"share": "0.5"}],
    ]


def test_a_list_of_runs_is_one_axis_that_others_multiply(read, notebook):
    axes = [*read("- {label: a, count: 1}\n- {count: 2, label: b}"), [{"seed": "5"}, {"seed": "6"}]]
    assert grid(notebook, axes, False, False).runs == [
        {"label": "a", "count": 1, "seed": 5},
        {"label": "a", "count": 1, "seed": 6},
        {"count": 2, "label": "b", "seed": 5},
        {"count": 2, "label": "b", "seed": 6},
    ]


def test_runs_must_set_the_same_parameters(read, notebook):
    with pytest.raises(UsageError, match="one sets label, count and another label"):
        grid(notebook, read("- {label: a, count: 1}\n- {label: b}"), False, False)


@pytest.mark.parametrize("text", ["[]", "{}"])
def test_a_file_without_runs_is_a_grid_without_runs(read, notebook, text):
    with pytest.raises(UsageError, match="has no runs"):
        grid(notebook, read(text), False, False)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("count: []", "'count' in the grid .* line 1, has no values"),
        ("seed: 1\ncount:", "'count' in the grid .* line 2, has no values"),
        ("count: {a: 1}", "line 1, has a list or mapping as a value"),
        ("count: [[1, 2]]", "line 1, has a list or mapping as a value"),
        ("count: [1]\ncount: [2]", "sets a parameter twice"),
        ("- 3", "must be a run such as"),
        ("just words", "must hold lists of values"),
        ("", "must hold lists of values"),
        ("a: [1\nb: 2", "is not YAML, line 2"),
        ("a: \x00", "is not YAML"),
        ("[" * 5000, "is not YAML"),
    ],
)
def test_what_is_wrong_is_named(read, text, message):
    with pytest.raises(UsageError, match=message):
        read(text)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(UsageError, match="No such file"):
        axes_from_file(tmp_path / "x.yaml")


@pytest.mark.parametrize("tag", ["python/name:os.getcwd x", "python/object/apply:os.getcwd x"])
def test_a_tag_runs_no_code(read, tag):
    assert read(f"label: [!!{tag}]") == [[{"label": "x"}]]
