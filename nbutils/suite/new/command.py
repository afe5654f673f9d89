"""The command `python -m nbutils new`."""

import argparse
from typing import Any

EXAMPLES = """examples:
  python -m nbutils new router_entropy --title "Does the router grow surer with depth?"
  python -m nbutils new router_entropy --theme moe       as a room of the package nbutils/moe
"""


def add_parser(commands: Any) -> None:
    """Add the command to the subparsers of the command line."""
    parser = commands.add_parser(
        "new",
        help="begin a notebook: a skeleton that runs, with its package and test",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", metavar="QUESTION_NAME", help="its name, lower-case words joined by '_'")
    parser.add_argument("--title", metavar="QUESTION", help="its question (default: the name in words)")
    parser.add_argument(
        "--theme",
        metavar="THEME",
        help="package below nbutils; one that exists gets a room for the notebook (default: QUESTION_NAME)",
    )
    parser.set_defaults(command=_run)


def _run(options: argparse.Namespace) -> int:
    from nbutils.suite import project
    from nbutils.suite.new.naming import checked

    names = checked(options.name, options.title, options.theme)
    # Imported only now: a wrong name must not wait for Jupyter's libraries.
    from nbutils.suite.new import skeleton

    for path in skeleton.make(names):
        print(path.relative_to(project.root()))
    print(f"It runs as it is: python -m nbutils run {names.name}. Replace drawn_observations, then the claim.")
    return 0
