"""Progress bars where somebody is watching."""

import os
from collections.abc import Iterable
from typing import TypeVar

Item = TypeVar("Item")


def progress(items: Iterable[Item], description: str) -> Iterable[Item]:
    """Passes `items` through, with a bar in a terminal and in live Jupyter; none in a log or a headless notebook.

    Jupyter's server names the session to the kernels that it starts, which headless runners do not.
    """
    if "JPY_SESSION_NAME" in os.environ:
        from tqdm.notebook import tqdm
    else:
        from tqdm import tqdm
    return tqdm(items, desc=description, leave=False, disable=None)
