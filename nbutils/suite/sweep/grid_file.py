"""A grid of parameters in a YAML file."""

from pathlib import Path

import yaml

from nbutils.suite.errors import UsageError
from nbutils.suite.sweep.grid import Axis


def axes_from_file(path: Path) -> list[Axis]:
    """Return the axes in a YAML file: a mapping of names to lists of values, or a list of runs (one axis).

    Values are taken as they are written, so that `1e5` and `007` mean what they mean on the command line.

    Raises:
        UsageError: the file cannot be read, or is neither of the two.
    """
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except OSError as error:
        raise UsageError(f"Cannot read the grid {path} ({error.strerror}).") from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise UsageError(f"The grid {path} is not YAML{where}.") from None
    if isinstance(root, yaml.MappingNode):
        listed = _pairs(path, root)
        return [[{name: _text(path, node)} for node in _items(path, name, value)] for name, value in listed.items()]
    if isinstance(root, yaml.SequenceNode):
        return [[_run(path, node) for node in root.value]]
    raise UsageError(f"The grid {path} must hold lists of values (model: [a, b]) or a list of runs (- model: a).")


def _items(path: Path, name: str, node: yaml.Node) -> list[yaml.Node]:
    items = node.value if isinstance(node, yaml.SequenceNode) else [node]
    if not items or node.value == "":
        raise UsageError(f"{name!r} in the grid {path}, line {node.start_mark.line + 1}, has no values.")
    return items


def _run(path: Path, node: yaml.Node) -> dict[str, str]:
    if not isinstance(node, yaml.MappingNode):
        raise UsageError(f"The grid {path}, line {node.start_mark.line + 1}, must be a run such as `- model: a`.")
    return {name: _text(path, value) for name, value in _pairs(path, node).items()}


def _pairs(path: Path, node: yaml.MappingNode) -> dict[str, yaml.Node]:
    pairs = {_text(path, key): value for key, value in node.value}
    if len(pairs) < len(node.value):
        raise UsageError(f"The grid {path} sets a parameter twice in the mapping at line {node.start_mark.line + 1}.")
    return pairs


def _text(path: Path, node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise UsageError(
            f"The grid {path}, line {node.start_mark.line + 1}, has a list or mapping as a value; put it in quotes."
        )
    return node.value
