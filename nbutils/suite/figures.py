"""The one figure style and the drawing steps that several themes share.

Figures are made without pyplot, so that nothing stays open and nothing is shown twice in a notebook.
"""

import io
from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

PNG_DPI = 110
SEQUENTIAL = "cividis"
DIVERGING = "PuOr"
MOST_TICK_LABELS = 8
MOST_ANNOTATED_CELLS = 100
SMALLEST_ANNOTATED_CELL = (0.35, 0.18)  # inches, wide and high enough for "0.12" in 8 pt

# Okabe and Ito's colours, which colour-blind readers can tell apart, without the yellow that fades on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
REFERENCE_COLOUR = "#555555"

STYLE = {
    "axes.prop_cycle": matplotlib.cycler(color=COLOURS),
    # Opaque white behind dark text is legible on a light page and on a dark one.
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "savefig.facecolor": "white",
    "savefig.transparent": False,
    "text.color": "#222222",
    "axes.labelcolor": "#222222",
    "axes.edgecolor": "#222222",
    "xtick.color": "#222222",
    "ytick.color": "#222222",
    "figure.dpi": PNG_DPI,
    "figure.figsize": (7.0, 4.0),
    "figure.constrained_layout.use": True,
    "font.size": 9,
    "axes.titlesize": 10,
    "figure.titlesize": 11,
    "axes.labelsize": 9,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": "#DDDDDD",
    "image.cmap": SEQUENTIAL,
    "image.interpolation": "nearest",
    # The same figure gives the same SVG file, byte for byte.
    "svg.hashsalt": "nbutils",
}


def apply_style() -> None:
    """Use the suite's style for every figure that this process makes from now on."""
    matplotlib.rcParams.update(STYLE)


def rendered(figure: Figure) -> dict[str, bytes]:
    """Return the figure as `png` and `svg`, the same bytes for the same figure."""
    svg = io.BytesIO()
    figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": None})
    return {"png": as_png(figure), "svg": svg.getvalue()}


def as_png(figure: Figure) -> bytes:
    """Return the figure as a PNG, the same bytes for the same figure."""
    png = io.BytesIO()
    figure.savefig(png, format="png", dpi=PNG_DPI, metadata={"Software": None})
    return png.getvalue()


def small_multiples(
    n: int,
    *,
    columns: int = 4,
    panel_size: tuple[float, float] = (2.4, 2.1),
    share_x: bool = True,
    share_y: bool = True,
) -> tuple[Figure, list[Axes]]:
    """Make a figure of `n` equal panels, for example one for each layer.

    Args:
        n: number of panels, at least 1.
        columns: panels in a full row.
        panel_size: width and height of one panel in inches.
        share_x: whether all panels have one x axis scale.
        share_y: whether all panels have one y axis scale.

    Returns:
        The figure and its `n` axes, row by row.

    Raises:
        ValueError: `n` or `columns` is below 1.
    """
    if n < 1 or columns < 1:
        raise ValueError(f"small_multiples needs at least one panel and one column, not n={n} and columns={columns}.")
    columns = min(n, columns)
    rows = -(-n // columns)
    figure = Figure(figsize=(max(columns * panel_size[0], 4.0), rows * panel_size[1] + 0.4), layout="constrained")
    grid = figure.subplots(rows, columns, sharex=share_x, sharey=share_y, squeeze=False)
    panels = list(grid.flat)
    for unused in panels[n:]:
        unused.remove()
    # Panels above a removed one are the lowest of their column now: they carry the x labels.
    for lowest in panels[max(n - columns, 0) : n]:
        lowest.xaxis.set_tick_params(labelbottom=True)
    return figure, panels[:n]


def heatmap(
    axes: Axes,
    matrix: np.ndarray,
    *,
    x_label: str = "",
    y_label: str = "",
    title: str = "",
    colour_label: str = "",
    vmin: float | None = None,
    vmax: float | None = None,
    x_names: Sequence[str] | None = None,
    y_names: Sequence[str] | None = None,
    cmap: str = SEQUENTIAL,
    number_format: str = "{:.2f}",
) -> AxesImage:
    """Draw a matrix as coloured cells, row 0 on top; it stays readable for one expert and for hundreds.

    Every cell is drawn, but at most eight ticks of an axis are labelled, and numbers stand in the cells only when these
    are few and large enough. A NaN cell is left grey.

    Args:
        axes: where to draw.
        matrix: shape (rows, columns).
        x_label: what the columns are; "" where the figure says it once for all panels (`figure.supxlabel`).
        y_label: what the rows are; "" likewise.
        title: title of the panel.
        colour_label: what the colour means, with its unit; "" draws no colour bar (one may serve several panels).
        vmin: value of the lowest colour; None for the smallest cell.
        vmax: value of the highest colour; None for the largest cell.
        x_names: name of each column; None for 0, 1, 2, ...
        y_names: name of each row; None for 0, 1, 2, ...
        cmap: matplotlib colour map.
        number_format: how the number in a cell is written.

    Returns:
        The image, for a colour bar that several panels share.

    Raises:
        ValueError: `matrix` is empty or not two-dimensional.
    """
    matrix = np.asarray(matrix, dtype=float)
    if matrix.ndim != 2 or matrix.size == 0:
        raise ValueError(f"heatmap needs a matrix with at least one cell, not an array of shape {matrix.shape}.")
    colours = matplotlib.colormaps[cmap].with_extremes(bad="#BBBBBB")
    image = axes.imshow(matrix, cmap=colours, vmin=vmin, vmax=vmax, aspect="auto", interpolation="nearest")
    axes.set(xlabel=x_label, ylabel=y_label, title=title)
    axes.spines[:].set_visible(False)
    _label_ticks(axes.xaxis, matrix.shape[1], x_names)
    _label_ticks(axes.yaxis, matrix.shape[0], y_names)
    if matrix.size <= MOST_ANNOTATED_CELLS and _numbers_fit(axes, matrix.shape):
        _annotate(image, matrix, number_format)
    if colour_label:
        axes.figure.colorbar(image, ax=axes, label=colour_label)
    return image


def reference_line(axes: Axes, value: float, label: str, *, colour: str = REFERENCE_COLOUR) -> None:
    """Draw a dashed horizontal line at `value` (a chance level, a paper's figure) with its label just above it."""
    axes.axhline(value, color=colour, linestyle="--", linewidth=1)
    axes.annotate(
        label,
        xy=(1, value),
        xycoords=axes.get_yaxis_transform(),
        xytext=(-2, 2),
        textcoords="offset points",
        ha="right",
        va="bottom",
        color=colour,
        fontsize=8,
    )


def _label_ticks(axis: matplotlib.axis.Axis, n: int, names: Sequence[str] | None) -> None:
    positions = range(0, n, -(-n // MOST_TICK_LABELS))
    axis.set_ticks(positions, [str(names[i]) if names is not None else str(i) for i in positions])


def _numbers_fit(axes: Axes, shape: tuple[int, int]) -> bool:
    panel = axes.get_position()
    width, height = axes.figure.get_size_inches()
    cell = (panel.width * width / shape[1], panel.height * height / shape[0])
    return cell[0] >= SMALLEST_ANNOTATED_CELL[0] and cell[1] >= SMALLEST_ANNOTATED_CELL[1]


def _annotate(image: AxesImage, matrix: np.ndarray, number_format: str) -> None:
    for (row, column), value in np.ndenumerate(matrix):
        if np.isfinite(value):
            red, green, blue, _ = image.cmap(image.norm(value))
            # Perceived brightness of the cell decides whether its number is dark or light.
            colour = "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 else "white"
            image.axes.text(
                column, row, number_format.format(value), ha="center", va="center", color=colour, fontsize=8
            )
