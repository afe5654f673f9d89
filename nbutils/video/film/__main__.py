"""Remakes `data/clip-scorer`: `python -m nbutils.video.film [STEP ...] [--build DIR]`, then the step `install`.

Needs espeakng-loader (`pip install 'nbutils[film]'`) for the voice. The steps, in their order: `films` (features of all
films), `shown` (the film that is shown), `heldout`, `scorer`, `evaluation`, `ablations`; without a name all but
`install`.
"""

import argparse
from pathlib import Path

import torch

from nbutils.video.embedded import DATA
from nbutils.video.film import making
from nbutils.video.film.installing import install


def main() -> None:
    """Makes the named steps or installs what was made."""
    making_steps = {
        "films": making.make_films,
        "shown": making.make_shown,
        "heldout": making.make_heldout,
        "scorer": making.make_scorer,
        "evaluation": making.make_evaluation,
        "ablations": making.make_ablations,
    }
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("steps", nargs="*", metavar="STEP", default=list(making_steps))
    parser.add_argument("--build", type=Path, default=Path("build/clip-scorer"), help="where the parts are made")
    arguments = parser.parse_args()
    steps = making_steps | {"install": lambda build: install(build / making.SHIPPED, DATA)}
    if unknown := set(arguments.steps) - set(steps):
        parser.error(f"{sorted(unknown)[0]!r} is unknown: choose from {', '.join(steps)}")
    torch.set_num_threads(1)
    for step in arguments.steps:
        steps[step](arguments.build)


if __name__ == "__main__":
    main()
