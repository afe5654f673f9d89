"""Estimated against planted temperatures."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from nbutils.climate.figures.look import DEFINITION_NAMES, legend_once, rows_axis, vertical_line
from nbutils.suite import figures as style
from nbutils.suite.unmeasured_figure import drawn_if_measured


@drawn_if_measured
def recovered(table: pd.DataFrame) -> Figure:
    """Distance of every estimate from what was planted, by definition; filled where the interval reaches it.

    Args:
        table: of `recovery`.
    """
    rows = table.dropna(subset=["error"])
    definitions = [name for name in DEFINITION_NAMES if name in set(rows["definition"])]
    figure, [panel] = style.small_multiples(1, panel_size=(6.8, 1.4 + 0.42 * len(definitions)))
    for place, definition in enumerate(definitions):
        part = rows[rows["definition"] == definition].sort_values("error")
        spread = np.linspace(-0.25, 0.25, len(part)) if len(part) > 1 else np.zeros(1)
        for covered, fill in ((True, style.COLOURS[0]), (False, "white")):
            kept = (part["covered"].astype(bool) == covered).to_numpy()
            label = "interval reaches the planted temperature" if covered else "interval does not reach it"
            panel.plot(
                part["error"][kept], place + spread[kept], "o", ms=6, mfc=fill, mec=style.COLOURS[0], label=label
            )
    vertical_line(panel, 0, "planted")
    names = [
        DEFINITION_NAMES[name] + (": another quantity" if name.endswith("minimum") else "") for name in definitions
    ]
    rows_axis(panel, names)
    panel.set_xlabel("estimated less planted (°C)")
    legend_once(figure, [panel], ncols=3)
    figure.suptitle("Simulation: estimated against planted temperatures, a circle for each country and sector")
    return figure
