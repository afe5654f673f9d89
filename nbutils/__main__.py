"""The command line: `python -m nbutils run` and `python -m nbutils list`."""

import argparse
import os
import sys
from pathlib import Path

from nbutils.suite import project
from nbutils.suite.argument_types import positive_integer
from nbutils.suite.errors import OutputError, UsageError
from nbutils.suite.execution import Outcome
from nbutils.suite.gallery import command as gallery
from nbutils.suite.new import command as new
from nbutils.suite.sweep import command as sweep

# papermill imports JupyterLab's event schemas, whose optional checks of URLs build large parsers: .8 s that the command
# has no use for. The library does without the package when it is absent. Every worker process imports this module too.
sys.modules.setdefault("rfc3987_syntax", None)

EXAMPLES = """examples:
  python -m nbutils list
  python -m nbutils run                                     all notebooks, results in results/NOTEBOOK/
  python -m nbutils run router_norms -p max_tokens 50000    one notebook, one parameter changed
  python -m nbutils run my.ipynb -o /tmp/results --jobs 1   a notebook of your own
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code: 0 passed, 1 a notebook failed, 2 wrong usage, 130 interrupted."""
    options = _parser().parse_args(arguments)
    try:
        return options.command(options)
    except (UsageError, OutputError) as error:
        print(f"nbutils: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("nbutils: interrupted; all kernels have ended.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m nbutils",
        description="Execute the notebooks and collect their findings.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="execute notebooks without a browser")
    run.add_argument("notebooks", nargs="*", metavar="NOTEBOOK", help="name or path; all notebooks when none is given")
    run.add_argument(
        "-p",
        dest="parameters",
        action="append",
        nargs=2,
        default=[],
        metavar=("NAME", "VALUE"),
        help="set a parameter of every notebook that is run; see the list command for names and types",
    )
    run.add_argument(
        "-o", dest="output", type=Path, metavar="DIR", help="write DIR/NOTEBOOK/ for each notebook (default: results)"
    )
    run.add_argument(
        "--jobs",
        type=positive_integer,
        default=min(2, os.cpu_count() or 1),
        metavar="N",
        help="notebooks executed at the same time (default: %(default)s)",
    )
    run.set_defaults(command=_run)
    show = commands.add_parser("list", help="show the notebooks with their questions and parameters")
    show.set_defaults(command=_list)
    sweep.add_parser(commands)
    gallery.add_parser(commands)
    new.add_parser(commands)
    return parser


def _run(options: argparse.Namespace) -> int:
    from nbutils.suite import runner, summary

    planned = runner.tasks(options.notebooks, dict(options.parameters), options.output)
    outcomes = runner.run(planned, options.jobs, _report)
    print(summary.summary(outcomes))
    return 1 if any(outcome.failure for outcome in outcomes) else 0


def _report(outcome: Outcome) -> None:
    """Say in a log how a notebook ended; a terminal has the progress bars instead."""
    from nbutils.suite.summary import outcome_line

    if not sys.stderr.isatty():
        print(outcome_line(outcome), file=sys.stderr, flush=True)


def _list(options: argparse.Namespace) -> int:
    from nbutils.suite.summary import listing

    print(listing(project.notebooks().values()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
