import nbformat
import pytest

from nbutils.suite import UsageError
from nbutils.suite.notebook_parameters import converted, declared_parameters


@pytest.fixture
def notebook(make_notebook, tmp_path):
    return make_notebook(tmp_path, "asks")


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("label", "007", "007"),
        ("label", "1e5", "1e5"),
        ("label", "", ""),
        ("count", "20000", 20000),
        ("count", "-3", -3),
        ("count", "1e5", 100000),
        ("share", "1", 1.0),
        ("fast", "true", True),
        ("fast", "False", False),
    ],
)
def test_text_is_converted_by_the_declared_type(notebook, name, text, value):
    result = converted(notebook, {name: text})[name]
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize(
    ("name", "text"),
    [("count", "1.5"), ("count", "many"), ("count", "inf"), ("share", "half"), ("fast", "1"), ("fast", "yes")],
)
def test_text_of_another_type_is_refused_with_the_default_as_example(notebook, name, text):
    default = declared_parameters(notebook)[name]["default"]
    with pytest.raises(
        UsageError, match=f"Parameter {name} of notebook asks must be of type .* {default}, not '{text}'"
    ):
        converted(notebook, {name: text})


@pytest.mark.parametrize("name", ["cuont", "count=1; import os", "pm"])
def test_a_name_that_is_not_declared_is_refused(notebook, name):
    with pytest.raises(UsageError, match=r"has no parameter .* available are count, share, label"):
        converted(notebook, {name: "1"})


def test_a_close_name_is_suggested(notebook):
    with pytest.raises(UsageError, match="did you mean 'count'"):
        converted(notebook, {"cuont": "1"})


def test_the_output_folder_is_the_runners(notebook):
    with pytest.raises(UsageError, match="use -o DIR"):
        converted(notebook, {"output_dir": "x"})


@pytest.mark.parametrize(("default", "text", "value"), [("3", "4", 4), ("'a'", "7", "7"), ("[1, 2]", "[3]", [3])])
def test_without_annotation_the_default_gives_the_type(tmp_path, default, text, value):
    cell = nbformat.v4.new_code_cell(f"x = {default}")
    cell.metadata["tags"] = ["parameters"]
    metadata = {"kernelspec": {"name": "python3", "display_name": "p", "language": "python"}}
    path = tmp_path / "odd {name}.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata=metadata), path)
    assert converted(path, {"x": text}) == {"x": value}


def test_a_file_that_is_no_notebook_is_refused(tmp_path):
    (tmp_path / "x.ipynb").write_text("not json")
    with pytest.raises(UsageError, match=r"Cannot read .* as a notebook"):
        converted(tmp_path / "x.ipynb", {})
