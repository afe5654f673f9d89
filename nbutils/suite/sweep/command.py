"""The command `python -m nbutils sweep`: a grid of parameters through one notebook."""

import argparse
import sys
from pathlib import Path
from typing import Any

from nbutils.suite.argument_types import positive_integer, positive_number, whole_number
from nbutils.suite.errors import UsageError

EXAMPLES = """examples:
  python -m nbutils sweep router_norms -g model moe-scratch moe-upcycled -g max_tokens 1000 10000
  python -m nbutils sweep router_norms --file grid.yaml --workers 4 -o /data/norms --timeout 3600
  python -m nbutils sweep router_norms -g seed 0 1 2 --scheduler tcp://10.0.0.1:8786 -o s3://bucket/norms
  python -m nbutils sweep router_norms -o /data/norms --resume

grid.yaml holds lists of values (every combination is a run) or a list of runs:
  model: [moe-scratch, moe-upcycled]            - {model: moe-scratch, max_tokens: 1000}
  max_tokens: [1000, 10000]                     - {model: moe-upcycled, max_tokens: 500}
"""


def add_parser(commands: Any) -> None:
    """Add the command to the subparsers of the command line."""
    parser = commands.add_parser(
        "sweep",
        help="run a notebook with every combination of parameters, on this machine or a Dask cluster",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("notebook", metavar="NOTEBOOK", help="name or path")
    parser.add_argument(
        "-g",
        dest="grid",
        action="append",
        nargs="+",
        default=[],
        metavar=("NAME", "VALUE"),
        help="a parameter and its values; several make every combination",
    )
    parser.add_argument("--file", type=Path, metavar="FILE", help="a grid in YAML, beside what -g gives")
    parser.add_argument(
        "--zip",
        action="store_true",
        help="take the first values of all lists together, then the second ...; a single value goes with all",
    )
    cluster = parser.add_mutually_exclusive_group()
    cluster.add_argument("--scheduler", metavar="ADDRESS", help="an existing Dask cluster, for example tcp://host:8786")
    cluster.add_argument(
        "--workers",
        type=positive_integer,
        metavar="N",
        help="runs at the same time on this machine (default: one a GPU, or one a core)",
    )
    parser.add_argument(
        "-o",
        dest="output",
        metavar="DIR",
        help="folder or fsspec URL of the sweep (default: results/sweeps/NOTEBOOK-GRID)",
    )
    parser.add_argument("--resume", action="store_true", help="make the runs that are missing or did not pass")
    parser.add_argument("--timeout", type=positive_number, metavar="S", help="longest time of one run in seconds")
    parser.add_argument(
        "--retries",
        type=whole_number,
        default=2,
        metavar="N",
        help="how often a run whose worker was lost starts again (default: %(default)s)",
    )
    parser.add_argument("--yes", action="store_true", help="make more than 10 000 runs")
    parser.set_defaults(command=_run)


def _run(options: argparse.Namespace) -> int:
    # Imported only now: the other commands must not wait for pandas and Dask.
    from nbutils.suite import project
    from nbutils.suite.sweep import plan
    from nbutils.suite.sweep.grid import axes_from_options, grid
    from nbutils.suite.sweep.grid_file import axes_from_file
    from nbutils.suite.sweep.storage import Folder
    from nbutils.suite.sweep.sweep import sweep

    notebook = project.find_notebook(options.notebook)
    parameters = None
    if options.grid or options.file or not options.resume:
        axes = axes_from_options(options.grid) + (axes_from_file(options.file) if options.file else [])
        made = grid(notebook, axes, options.zip, options.yes)
        parameters = made.runs
        if made.repeated:
            print(f"{made.repeated} runs of the grid are the same as others and are left out.", file=sys.stderr)
    if options.output is None and parameters is None:
        raise UsageError("--resume needs the sweep's folder (-o DIR) or its grid.")
    folder = Folder(options.output or str(plan.default_folder(notebook, parameters)))
    planned = plan.resume(folder, notebook, parameters) if options.resume else plan.begin(folder, notebook, parameters)
    return sweep(planned, options.scheduler, options.workers, options.timeout, options.retries)
