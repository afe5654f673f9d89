"""Makes the files of a new notebook, all of them or none."""

import os
import shutil
import tempfile
from pathlib import Path
from string import Template

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

from nbutils.suite import project
from nbutils.suite.errors import OutputError, UsageError
from nbutils.suite.ipc_kernels import kernel_config
from nbutils.suite.new.naming import Names
from nbutils.suite.new.notebook import notebook
from nbutils.whole_files import write_whole

_TEMPLATES = Path(__file__).with_name("templates")


def make(names: Names) -> list[Path]:
    """Write the package, its test and the notebook, executed once, and bring the index up to date.

    Returns:
        The files that were made, the notebook last.

    Raises:
        UsageError: the new notebook or the index cannot be executed. Like every failure it leaves nothing behind.
        OutputError: a file cannot be written.
    """
    contents = {path: _filled(template, names) for path, template in _modules(names).items()}
    try:
        for path, content in contents.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, content)
        write_whole(names.notebook, _executed(notebook(names)))
        index = names.notebook.with_stem(project.INDEX)
        write_whole(index, _executed(nbformat.read(index, as_version=4)))
    except BaseException as error:
        _remove(names)
        if isinstance(error, CellExecutionError):
            raise UsageError(f"Executing {names.name} ended with {error.ename}: {error.evalue}.") from None
        if isinstance(error, OSError):
            raise OutputError(f"Cannot write the new notebook ({error}); nothing of it is left.") from None
        raise
    return [*contents, names.notebook]


def _modules(names: Names) -> dict[Path, str]:
    """Path of each Python file -> name of its template."""
    modules = ("parameters", "analysis", "figures", "captions", "claims")
    return {
        names.package_folder / "__init__.py": "package",
        **{names.package_folder / f"{module}.py": module for module in modules},
        names.test_folder / "test_analysis.py": "test_analysis",
    }


def _filled(template: str, names: Names) -> bytes:
    text = (_TEMPLATES / f"{template}.txt").read_text(encoding="utf-8")
    package = ".".join(("nbutils", *names.package))
    return Template(text).substitute(name=names.name, parameters=names.parameters, package=package).encode()


def _executed(content: NotebookNode) -> bytes:
    """Execute a notebook of this source tree and return it without what differs from one machine to the next."""
    folder = project.root() / "notebooks"
    with tempfile.TemporaryDirectory(prefix="nb") as scratch:
        client = NotebookClient(
            content,
            config=kernel_config(Path(scratch)),
            resources={"metadata": {"path": str(folder)}},
            record_timing=False,
            iopub_timeout=60,
            extra_arguments=["--IPKernelApp.log_level=CRITICAL"],
        )
        # The package that the kernel imports is that of this tree, whichever is installed.
        path = os.pathsep.join(filter(None, (str(project.root()), os.environ.get("PYTHONPATH"))))
        client.execute(env={**os.environ, "PYTHONPATH": path})
    content.metadata.pop("language_info", None)
    return nbformat.writes(content).encode() + b"\n"


def _remove(names: Names) -> None:
    """Remove what was made; none of it existed before."""
    for folder in (names.package_folder, names.test_folder):
        shutil.rmtree(folder, ignore_errors=True)
    names.notebook.unlink(missing_ok=True)
