"""Execution of one notebook: papermill, then a judgement by what the executed notebook holds."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbutils.suite.findings import findings_in
from nbutils.suite.notebook_parameters import papermill_path
from nbutils.whole_files import write_whole


@dataclass(frozen=True)
class Task:
    """One notebook to execute."""

    notebook: Path
    """The notebook's file."""
    parameters: Mapping[str, Any]
    """Values for its parameters cell, without output_dir."""
    folder: Path
    """Absolute path of the output folder."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Environment variables that the kernel has beside those of this process."""

    @property
    def name(self) -> str:
        """The notebook's name."""
        return self.notebook.stem


@dataclass(frozen=True)
class Outcome:
    """How the execution of one notebook ended: with findings or with the reason why there are none."""

    name: str
    seconds: float
    findings: list[dict[str, Any]] | None
    failure: str | None


def execute(task: Task, scratch: Path, progress_bar: Mapping[str, Any]) -> Outcome:
    """Execute a notebook and write it to its output folder, as NAME.ipynb or, when it failed, as NAME.failed.ipynb.

    A run without an error that never reached its findings (a cell called `sys.exit`) has failed too. A failed run
    leaves the result of an earlier one as it is.

    Args:
        task: the notebook, its parameters and its output folder.
        scratch: an empty folder with a short path, for the kernel's sockets and the unfinished notebook.
        progress_bar: arguments of the tqdm progress bar.
    """
    begin = time.monotonic()
    unfinished = scratch / "executed.ipynb"
    error = _papermill_error(task, unfinished, scratch, progress_bar)
    cells = _cells(unfinished)
    record = findings_in(cells)
    failed = error is not None or record is None
    finished, obsolete = task.folder / f"{task.name}.ipynb", task.folder / f"{task.name}.failed.ipynb"
    if failed:
        finished, obsolete = obsolete, None
    if unfinished.exists():
        write_whole(finished, unfinished.read_bytes())
    if obsolete:
        obsolete.unlink(missing_ok=True)
    return Outcome(
        name=task.name,
        seconds=time.monotonic() - begin,
        findings=None if failed else record["findings"],
        failure=_failure(error, cells) if failed else None,
    )


def _papermill_error(task: Task, executed: Path, scratch: Path, progress_bar: Mapping[str, Any]) -> Exception | None:
    """Let papermill execute the notebook into the file `executed`; return what it raised."""
    import papermill

    from nbutils.suite.ipc_kernels import kernel_config
    from nbutils.suite.kernel_environment import EnvironmentKernelManager

    config = kernel_config(scratch)
    config.KernelManager.environment = dict(task.environment)
    try:
        papermill.execute_notebook(
            papermill_path(task.notebook),
            papermill_path(executed),
            parameters={**task.parameters, "output_dir": str(task.folder)},
            progress_bar=dict(progress_bar),
            config=config,
            kernel_manager_class=EnvironmentKernelManager,
            # On a busy machine a large figure may take longer than the default of 4 seconds to arrive.
            iopub_timeout=60,
            # A kernel is interrupted before it is shut down, and may log that as an error into the progress bars.
            extra_arguments=["--IPKernelApp.log_level=CRITICAL"],
        )
    except Exception as error:  # whatever ends a notebook is its outcome, not the runner's end
        return error
    return None


def _cells(executed: Path) -> list[Any]:
    import nbformat

    return nbformat.read(executed, as_version=4).cells if executed.exists() else []


def _failure(error: Exception | None, cells: list[Any]) -> str:
    """Say in which cell a notebook ended and why."""
    from papermill import PapermillExecutionError

    if isinstance(error, PapermillExecutionError):
        return f"{_cell(error.exec_count, error.source)}: {_one_line(f'{error.ename}: {error.evalue}')}"
    why = _one_line(f"{type(error).__name__}: {error}") if error else "ended before run.finish, so without findings"
    # papermill marks every cell as completed then; only those that were started have a start time.
    started = [
        cell for cell in cells if cell.cell_type == "code" and cell.metadata.get("papermill", {}).get("start_time")
    ]
    return f"{_cell(len(started), started[-1].source)}: {why}" if started else why


def _cell(number: int | None, source: str) -> str:
    first_line = source.strip().partition("\n")[0]
    return f"cell [{number}] `{first_line}`"


def _one_line(text: str) -> str:
    return " ".join(text.split())
