"""The command `python -m nbutils gallery`."""

import argparse
from pathlib import Path

from nbutils.suite import project


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Add the command to those of the command line."""
    parser = commands.add_parser(
        "gallery", help="make a web site of executed notebooks and sweeps, for reading offline"
    )
    parser.add_argument(
        "sources",
        nargs="*",
        metavar="SOURCE",
        help="notebook, folder of results, or folder of a sweep; without any, the project's notebooks (as they were "
        "last run, where results are complete) and the sweeps in results",
    )
    parser.add_argument(
        "-o", dest="output", type=Path, metavar="DIR", help="folder of the gallery (default: results/gallery)"
    )
    parser.add_argument(
        "--allow-scripts",
        action="store_true",
        help="keep the scripts in the notebooks' HTML outputs; only for notebooks that you trust",
    )
    parser.set_defaults(command=_run)


def _run(options: argparse.Namespace) -> int:
    from nbutils.suite.gallery import discovery, publishing, site

    folder = options.output.expanduser().absolute() if options.output else project.root() / "results" / "gallery"
    publishing.check_replaceable(folder)
    made = site.gallery(discovery.sources(options.sources), options.allow_scripts)
    publishing.publish(folder, made.files)
    for page in (*made.notebooks, *made.sweeps):
        if page.problem:
            print(f"{page.name} {page.problem}")
    print(folder / site.FRONT_PAGE)
    return 0
