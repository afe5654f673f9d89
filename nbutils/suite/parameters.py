"""Validation of a notebook's parameters: one call, one sentence when it fails."""

import reprlib
from typing import Any, TypeVar

import pydantic

from nbutils.suite.errors import ParameterError
from nbutils.suite.project import suggestion

Declarations = TypeVar("Declarations", bound=pydantic.BaseModel)


def validate(declarations: type[Declarations], values: dict[str, Any]) -> Declarations:
    """Return `values` as an instance of the pydantic model `declarations`.

    Raises:
        ParameterError: a value is not allowed, a name is unknown or a parameter is missing.
    """
    try:
        return declarations.model_validate(values, extra="forbid")
    except pydantic.ValidationError as error:
        raise ParameterError(_sentence(error, list(declarations.model_fields))) from None


def _sentence(error: pydantic.ValidationError, declared: list[str]) -> str:
    """Describe the first wrong parameter and count the others."""
    by_parameter: dict[str, list] = {}
    for details in error.errors(include_url=False):
        by_parameter.setdefault(str(details["loc"][0]) if details["loc"] else "", []).append(details)
    name, problems = next(iter(by_parameter.items()))
    others = len(by_parameter) - 1
    more = f" ({others} more parameter{'s are' if others > 1 else ' is'} wrong)" if others else ""
    return _describe(name, problems, declared) + more + "."


def _describe(name: str, problems: list[dict], declared: list[str]) -> str:
    kind = problems[0]["type"]
    if kind == "extra_forbidden":
        return f"Parameter {name!r} is unknown{suggestion(name, declared)}"
    if kind == "missing":
        return f"Parameter {name!r} is missing and has no default; available are {', '.join(declared)}"
    # A union (int | None) reports one problem for each of its members: all of them are allowed.
    allowed = " or ".join(dict.fromkeys(_allowed(problem["msg"]) for problem in problems))
    if not name:
        return f"The parameters do not fit together: {allowed}"
    return f"Parameter {name} = {reprlib.repr(problems[0]['input'])} is not allowed: {allowed}"


def _allowed(message: str) -> str:
    """Turn pydantic's wording into the second half of a sentence about the parameter."""
    for prefix in ("Value error, ", "Assertion failed, "):
        message = message.removeprefix(prefix)
    return "it " + message.removeprefix("Input ") if message.startswith("Input ") else message.rstrip(".")
