"""A notebook's run: opened with validated parameters, it keeps what is shown and writes it at the end."""

import json
import random
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pydantic
from IPython.display import display

from nbutils.suite import folders, project
from nbutils.suite.figure_output import display_figure
from nbutils.suite.findings import MIME_TYPE, SCHEMA_VERSION, finding_record
from nbutils.suite.parameters import validate
from nbutils.suite.provenance import provenance
from nbutils.whole_files import write_whole

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


def start(notebook: str, declarations: type[pydantic.BaseModel], namespace: Mapping[str, Any]) -> "Run":
    """Validate a notebook's parameters, open its output folder, seed and set the figure style.

    Args:
        notebook: the notebook's name, for example `router_norms`.
        declarations: pydantic model of the parameters; `output_dir: str` and `seed: int` are among them. An empty
            `output_dir` means `<project root>/results/<notebook>`, a relative one starts at the working directory.
        namespace: where the parameters are found by name, `globals()` in a notebook; other names in it do not matter.

    Returns:
        The open run.

    Raises:
        ParameterError: a value is not allowed or a parameter is missing.
        OutputError: the output folder cannot be made or written.
    """
    declared = {name: namespace[name] for name in declarations.model_fields if name in namespace}
    parameters = validate(declarations, declared)
    folder = Path(parameters.output_dir).expanduser().absolute() if parameters.output_dir else None
    folder = folder or project.results_folder(notebook)
    folders.open_folder(folder)
    _seed(parameters.seed)
    # Imported only now: a wrong parameter must not wait for matplotlib.
    from nbutils.suite import figures

    figures.apply_style()
    return Run(notebook, parameters, folder)


class Run:
    """An open run. Nothing is written before `finish`, and `findings.json` is written last.

    Attributes:
        notebook: name of the notebook.
        parameters: the validated parameters.
        folder: absolute path of the output folder.
    """

    def __init__(self, notebook: str, parameters: pydantic.BaseModel, folder: Path):
        self.notebook = notebook
        self.parameters = parameters
        self.folder = folder
        self._files: dict[str, bytes] = {}
        self._findings: list[dict[str, Any]] = []
        self._finished = False

    def show(self, name: str, figure: "Figure", table: "pd.DataFrame", caption: str) -> None:
        """Show a figure with its caption and keep it, with its table, for the output folder.

        Args:
            name: file name without ending, of letters, digits, `_` and `-`; a figure of the same name, from a cell that
                is executed again, is replaced.
            figure: the figure, closed afterwards.
            table: the numbers that are drawn; the index is not kept.
            caption: one line, what is to be seen; Markdown.

        Raises:
            ValueError: `name` is no plain file name.
            RuntimeError: the run is finished.
        """
        self._check_open()
        if not name.replace("_", "").replace("-", "").isalnum():
            raise ValueError(f"Figure name {name!r} must consist of letters, digits, '_' and '-'.")
        drawn = _drawn(figure)
        self._files |= {f"{name}.{ending}": content for ending, content in drawn.items()}
        self._files[f"{name}.csv"] = table.to_csv(index=False, lineterminator="\n").encode()
        display_figure(drawn["png"], caption)

    def finding(
        self,
        *,
        claim: str,
        quantity: str,
        verdict: str,
        unit: str | None = None,
        paper: float | str | None = None,
        measured: float | None = None,
        interval: tuple[float, float] | None = None,
        null: float | None = None,
        reason: str | None = None,
        n: int | None = None,
    ) -> None:
        """Add one finding; a missing value is None, never NaN.

        Args:
            claim: what the paper says, in one sentence.
            quantity: what was measured.
            verdict: `holds`, `fails` or `not testable here`, computed from the numbers.
            unit: unit of `paper`, `measured`, `interval` and `null`.
            paper: the paper's value, or a short text such as "about 0.3".
            measured: the value here; None only where the claim is not testable.
            interval: confidence interval (low, high) of `measured`.
            null: value under the null hypothesis or chance level.
            reason: why the verdict is what it is; required for `not testable here`.
            n: number of independent observations.

        Raises:
            pydantic.ValidationError: (a ValueError) a value is not finite, missing or incoherent.
            RuntimeError: the run is finished.
        """
        self._check_open()
        given = {key: value for key, value in locals().items() if key != "self"}
        self._findings.append(finding_record(given))

    def finish(self, findings: Iterable[Mapping[str, Any]] = ()) -> None:
        """Add `findings`, show all as one table and write the output folder; `findings.json` comes last.

        Args:
            findings: mappings with the arguments of `finding`.

        Raises:
            pydantic.ValidationError: (a ValueError) a finding has a value that is not finite, missing or incoherent.
            RuntimeError: the run is finished.
        """
        self._check_open()
        record = self._record([*self._findings, *map(finding_record, findings)])
        _display_findings(record)
        self._write(record)
        self._finished = True

    def _check_open(self) -> None:
        if self._finished:
            raise RuntimeError(f"The run of {self.notebook} is finished; call suite.start to open another one.")

    def _record(self, findings: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "schema_version": SCHEMA_VERSION,
            "notebook": self.notebook,
            # A result does not depend on where it is written.
            "parameters": json.loads(self.parameters.model_dump_json(exclude={"output_dir"})),
            "findings": findings,
        }

    def _write(self, record: dict[str, Any]) -> None:
        (self.folder / "findings.json").unlink(missing_ok=True)
        for stale in _listed_files(self.folder) - set(self._files):
            (self.folder / stale).unlink()
        # The list comes before the files it names: a run that is cut off leaves none that the next one cannot find.
        about = {
            "notebook": self.notebook,
            "parameters": record["parameters"],
            "seed": self.parameters.seed,
            **provenance(),
            "files": sorted(self._files),
        }
        write_whole(self.folder / "run.json", _json(about))
        for name, content in self._files.items():
            write_whole(self.folder / name, content)
        write_whole(self.folder / "findings.json", _json(record))


def _seed(seed: int) -> None:
    import numpy as np

    random.seed(seed)
    np.random.seed(seed)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(seed)


def _drawn(figure: "Figure") -> dict[str, bytes]:
    """Return the figure as PNG and SVG, and close it."""
    from nbutils.suite.figures import rendered

    files = rendered(figure)
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close(figure)
    return files


def _display_findings(record: dict[str, Any]) -> None:
    from nbutils.suite.findings_table import html_table, text_table

    findings = record["findings"]
    display(
        {MIME_TYPE: record, "text/html": html_table(findings), "text/plain": text_table(findings)},
        raw=True,
    )


def _listed_files(folder: Path) -> set[str]:
    """Return the names of the files that an earlier run in `folder` says it wrote."""
    try:
        names = json.loads((folder / "run.json").read_text(encoding="utf-8"))["files"]
        # Only plain names: a run.json from elsewhere must not reach outside of its folder.
        return {name for name in names if Path(name).name == name and (folder / name).is_file()}
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def _json(value: dict[str, Any]) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()
