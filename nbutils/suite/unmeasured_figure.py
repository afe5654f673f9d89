"""A figure of a table that a run left empty."""

from collections.abc import Callable
from functools import wraps

import pandas as pd
from matplotlib.figure import Figure


def drawn_if_measured(draw: Callable[..., Figure]) -> Callable[..., Figure]:
    """A figure that says so where its first table is empty."""

    @wraps(draw)
    def drawn(table: pd.DataFrame, *others: pd.DataFrame) -> Figure:
        if not table.empty:
            return draw(table, *others)
        figure = Figure(figsize=(4.0, 0.6))
        figure.text(0.5, 0.5, "not measured", ha="center", va="center")
        return figure

    return drawn
