"""Names, colours and marks that the figures of videos share."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from nbutils.suite import figures as style
from nbutils.video.given import SIMULATION

LONGEST_NAME = 30
CLIP, ANNOTATED, REJECTED, SCORE = style.COLOURS[0], style.COLOURS[2], style.COLOURS[1], "#222222"
MODALITY_COLOURS = {"visual": style.COLOURS[0], "audio": style.COLOURS[4], "text": style.COLOURS[2]}
FAINT = "#999999"


def shown_name(name: str) -> str:
    """A name as a label: its start where it is long, and nothing that matplotlib reads as formula."""
    name = name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"
    return name.replace("$", r"\$")


def titled(title: str, data: str) -> str:
    """The title, led by what was looked at."""
    return f"{shown_name(data)}: {title}"


def truth_name(data: str) -> str:
    """What the known clips of a video are."""
    return "planted" if data == SIMULATION else "annotated"


def reaches(rows: pd.DataFrame, scale: float = 100.0) -> list[pd.Series]:
    """How far the interval of each row reaches below and above its value; 0 without an interval."""
    below, above = (rows["value"] - rows["low"]).fillna(0), (rows["high"] - rows["value"]).fillna(0)
    return [below.clip(lower=0) * scale, above.clip(lower=0) * scale]


def rows_axis(panel: Axes, names: list[str]) -> None:
    """Names down the y axis, the first on top, with a hair line between two."""
    panel.set_yticks(range(len(names)), [shown_name(name) for name in names])
    panel.set_ylim(len(names) - 0.5, -0.5)
    for place in range(1, len(names)):
        panel.axhline(place - 0.5, color="#EEEEEE", lw=0.8, zorder=0)


def vertical_line(panel: Axes, value: float, label: str) -> None:
    """A reference value across all rows of a panel, with its label in the legend."""
    panel.axvline(value, color=style.REFERENCE_COLOUR, linestyle="--", linewidth=1, label=label, zorder=0)


def time_axis(panel: Axes, duration: float) -> None:
    """Times of a video such as 3:20 along the x axis."""
    panel.set_xlim(0, duration)
    panel.xaxis.set_major_locator(MaxNLocator(8, steps=[1, 1.2, 1.5, 2, 3, 6, 10], integer=True))
    panel.xaxis.set_major_formatter(FuncFormatter(lambda seconds, _: clock(seconds)))
    panel.set_xlabel("time in the video (min:s)")


def clock(seconds: float) -> str:
    """Such as 3:20, or 1:03:20."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def legend_once(figure: Figure, panels: list[Axes], ncols: int) -> None:
    """A legend below the figure that names what the panels draw, each label once."""
    once = {}
    for panel in panels:
        handles, labels = panel.get_legend_handles_labels()
        once = dict(zip(labels, handles, strict=True)) | once
    if once:
        figure.legend(once.values(), once.keys(), loc="outside lower center", ncols=ncols)
