"""The grid of a sweep: lists of values from the command line or a YAML file, and the runs that they make."""

import itertools
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbutils.suite.errors import UsageError
from nbutils.suite.notebook_parameters import check_names, declared_parameters, typed_value

MOST_RUNS_UNASKED = 10_000

Axis = list[dict[str, str]]
"""Alternatives of which each run takes one; each sets the same parameters, name -> text."""


@dataclass(frozen=True)
class Grid:
    """The runs of a sweep."""

    runs: list[dict[str, Any]]
    """The parameters of each run, name -> JSON value; no two are the same."""
    repeated: int
    """How many more the grid would have made, each the same as one of `runs`."""


def grid(notebook: Path, axes: Sequence[Axis], zipped: bool, many: bool) -> Grid:
    """Combine axes into runs with values of the types that the notebook declares.

    Args:
        notebook: the notebook's file.
        axes: what `axes_from_options` and `axes_from_file` return.
        zipped: take the axes' first alternatives together, then the second, ..., where a single one goes with all;
            otherwise every combination is a run.
        many: whether more than 10 000 runs are meant.

    Raises:
        UsageError: a parameter is unknown, set by two axes or has a value of another type, the axes cannot be zipped,
            or there is no run or too many.
    """
    _check_names(notebook, axes)
    size = _size(axes, zipped)
    if size == 0:
        raise UsageError("The grid has no runs; give at least one parameter with a value: -g NAME VALUE ...")
    if size > MOST_RUNS_UNASKED and not many:
        raise UsageError(f"The grid has {size} runs; add --yes to make more than {MOST_RUNS_UNASKED}.")
    declared = declared_parameters(notebook)
    typed = [
        [{name: _json_value(notebook, declared[name], text) for name, text in choice.items()} for choice in axis]
        for axis in axes
    ]
    runs: dict[str, dict[str, Any]] = {}
    for choices in _combinations(typed, zipped):
        run = {name: value for choice in choices for name, value in choice.items()}
        runs.setdefault(json.dumps(run), run)
    return Grid(list(runs.values()), size - len(runs))


def axes_from_options(options: Sequence[Sequence[str]]) -> list[Axis]:
    """Return one axis for each `-g NAME VALUE ...`.

    Raises:
        UsageError: an option has a name and no value.
    """
    for name, *texts in options:
        if not texts:
            raise UsageError(f"-g {name} has no value; give one or more: -g {name} VALUE ...")
    return [[{name: text} for text in texts] for name, *texts in options]


def _check_names(notebook: Path, axes: Sequence[Axis]) -> None:
    names = [list(choices[0]) for choices in axes if choices]
    for choices in axes:
        for choice in choices:
            if choice.keys() != choices[0].keys():
                raise UsageError(
                    f"Every run must set the same parameters; one sets {', '.join(choices[0])} and another "
                    f"{', '.join(choice)}."
                )
    flat = [name for group in names for name in group]
    for name in flat:
        if flat.count(name) > 1:
            raise UsageError(f"The grid sets {name!r} more than once; give all its values in one list.")
    check_names(notebook, declared_parameters(notebook), flat)


def _size(axes: Sequence[Axis], zipped: bool) -> int:
    lengths = [len(axis) for axis in axes]
    if not lengths:
        return 0
    if not zipped:
        return math.prod(lengths)
    longest = max(lengths)
    if any(length not in (1, longest) for length in lengths):
        listed = ", ".join(f"{'/'.join(axis[0])} {len(axis)}" for axis in axes if axis)
        raise UsageError(f"--zip needs lists of the same length (or of one value); here are {listed}.")
    return longest


def _combinations(axes: list[list[dict[str, Any]]], zipped: bool) -> Iterator[tuple[dict[str, Any], ...]]:
    if not zipped:
        return itertools.product(*axes)
    longest = max(map(len, axes))
    return zip(*(axis * longest if len(axis) == 1 else axis for axis in axes), strict=True)


def _json_value(notebook: Path, parameter: dict[str, str], text: str) -> Any:
    """Return the value of `text` as papermill and the records of a sweep can hold it: a tuple becomes a list."""
    try:
        return json.loads(json.dumps(typed_value(notebook, parameter, text), allow_nan=False))
    except (TypeError, ValueError):
        raise UsageError(
            f"Parameter {parameter['name']} cannot be {text}; use finite numbers, text, lists or mappings."
        ) from None
