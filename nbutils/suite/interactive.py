"""A figure that follows sliders where someone can move them, and stands still everywhere else."""

import base64
import html
import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from IPython.display import display

from nbutils.suite.figure_output import display_figure
from nbutils.suite.figures import as_png
from nbutils.suite.project import suggestion

if TYPE_CHECKING:
    import pandas as pd
    from ipywidgets import VBox
    from matplotlib.figure import Figure

    Draw = Callable[[pd.DataFrame], tuple[bytes, str]]


def explore(
    table: "pd.DataFrame",
    figure_of: "Callable[[pd.DataFrame], Figure]",
    caption_of: "Callable[[pd.DataFrame], str]",
    *columns: str,
) -> None:
    """Show the figure of a part of a table: the rows that hold one value of each of some columns, at first the first.

    In a kernel that a Jupyter server started, for example JupyterLab's, there is a slider for each column and the
    figure follows it. Elsewhere (papermill, nbmake, nbconvert) this is a figure like any other, the same bytes in
    every run. Nothing goes to the output folder; `Run.show` keeps what is to be kept.

    Args:
        table: a tidy table with at least one row.
        figure_of: rows of the table, at least one -> figure.
        caption_of: the same rows -> one line, what is to be seen; it is the figure's alternative text too.
        columns: the columns to choose by; the values are offered in their order of appearance.

    Raises:
        ValueError: the table has no rows or lacks a column.
    """
    if table.empty:
        raise ValueError("There is nothing to explore: the table has no rows.")
    for column in columns:
        if column not in table:
            raise ValueError(f"The table has no column {column!r}{suggestion(column, list(table.columns))}.")

    def draw(rows: "pd.DataFrame") -> tuple[bytes, str]:
        return as_png(figure_of(rows)), caption_of(rows)

    png, caption = draw(_chosen(table, {column: table[column].iloc[0] for column in columns}))
    choices = {column: list(table[column].unique()) for column in columns if table[column].nunique() > 1}
    if choices and _has_frontend():
        explorer = _explorer(table, choices, draw)
        # Where a saved notebook is read without a kernel, the picture of the first choice stands for the sliders.
        output = {**explorer._repr_mimebundle_(), "image/png": base64.b64encode(png).decode(), "text/plain": caption}
        display(output, metadata={"image/png": {"alt": caption}}, raw=True)
    else:
        display_figure(png, caption)


def _has_frontend() -> bool:
    """Whether a Jupyter server started this kernel, which tells it the name of the notebook that is open."""
    return "JPY_SESSION_NAME" in os.environ


def _chosen(table: "pd.DataFrame", values: dict[str, Any]) -> "pd.DataFrame":
    for column, value in values.items():
        table = table[table[column] == value]
    return table


def _explorer(table: "pd.DataFrame", choices: dict[str, Sequence[Any]], draw: "Draw") -> "VBox":
    """Sliders above a picture with its caption, which are drawn when a slider is let go."""
    import ipywidgets

    sliders = {
        column: ipywidgets.SelectionSlider(
            options=[(str(value), value) for value in values], description=column, continuous_update=False
        )
        for column, values in choices.items()
    }
    picture = ipywidgets.HTML()

    def follow(_change: Any = None) -> None:
        values = {column: slider.value for column, slider in sliders.items()}
        rows = _chosen(table, values)
        if rows.empty:
            named = " and ".join(f"{column} {value}" for column, value in values.items())
            picture.value = html.escape(f"The table has no rows with {named}.")
        else:
            picture.value = _picture(*draw(rows))

    for slider in sliders.values():
        slider.observe(follow, names="value")
    follow()
    return ipywidgets.VBox([*sliders.values(), picture])


def _picture(png: bytes, caption: str) -> str:
    """HTML of a figure and its caption; names that come from the user are text in it."""
    text = html.escape(caption)
    return f'<img alt="{text}" src="data:image/png;base64,{base64.b64encode(png).decode()}"><p>{text}</p>'
