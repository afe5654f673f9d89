"""What a notebook's parameters cell declares, and command-line text turned into values of the declared types."""

import ast
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from nbutils.suite.errors import UsageError
from nbutils.suite.project import suggestion


def declared_parameters(notebook: Path) -> dict[str, dict[str, str]]:
    """Return a notebook's parameters, name -> `name`, `inferred_type_name` ("None" if unknown), `default`, `help`.

    Raises:
        UsageError: the file is not a notebook.
    """
    from papermill import inspect_notebook

    try:
        return inspect_notebook(papermill_path(notebook))
    except Exception as error:  # nbformat raises errors of many unrelated kinds
        raise UsageError(f"Cannot read {notebook} as a notebook ({type(error).__name__}).") from None


def papermill_path(path: Path) -> str:
    """Return `path` as papermill wants it: braces doubled, because papermill fills them in as a template."""
    return str(path).replace("{", "{{").replace("}", "}}")


def converted(notebook: Path, texts: dict[str, str]) -> dict[str, Any]:
    """Return the values that `texts` means for a notebook, by the type that its parameters cell declares.

    Args:
        notebook: path of the notebook.
        texts: parameter name -> text from the command line.

    Raises:
        UsageError: the notebook does not declare a name (papermill would run it as code), or a text is no value of
            the declared type.
    """
    declared = declared_parameters(notebook)
    check_names(notebook, declared, texts)
    return {name: typed_value(notebook, declared[name], text) for name, text in texts.items()}


def check_names(notebook: Path, declared: dict[str, Any], names: Iterable[str]) -> None:
    """Check that a command may set these parameters of a notebook.

    Raises:
        UsageError: the notebook does not declare a name, or it is `output_dir`.
    """
    for name in names:
        if name not in declared:
            raise UsageError(f"Notebook {notebook.stem} has no parameter {name!r}{suggestion(name, declared)}.")
        if name == "output_dir":
            raise UsageError("output_dir is chosen for each notebook below the folder given by -o; use -o DIR.")


def typed_value(notebook: Path, parameter: dict[str, str], text: str) -> Any:
    """Return what `text` means for one parameter, given as `declared_parameters` describes it.

    Raises:
        UsageError: the text is no value of the declared type.
    """
    type_name = _type_name(parameter)
    convert = _CONVERTERS.get(type_name, ast.literal_eval)
    try:
        return convert(text)
    except (ValueError, SyntaxError, OverflowError):
        raise UsageError(
            f"Parameter {parameter['name']} of notebook {notebook.stem} must be of type {type_name}, like its default "
            f"{parameter['default']}, not {text!r}."
        ) from None


def _type_name(parameter: dict[str, str]) -> str:
    if parameter["inferred_type_name"] != "None":
        return parameter["inferred_type_name"]
    try:
        return type(ast.literal_eval(parameter["default"])).__name__
    except (ValueError, SyntaxError):
        return "str"


def _integer(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        number = float(text)
    if not number.is_integer():
        raise ValueError(text)
    return int(number)


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(text)
    return text.lower() == "true"


_CONVERTERS: dict[str, Callable[[str], Any]] = {"str": str, "int": _integer, "float": float, "bool": _boolean}
