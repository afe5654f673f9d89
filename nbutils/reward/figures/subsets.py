"""Accuracy by subset before and after a calibration, and the gain of RewardBench's sections."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from nbutils.reward.figures.look import (
    STAGE_COLOURS,
    draw_models,
    how_many,
    legend_once,
    reaches,
    shown_models,
    shown_name,
    vertical_line,
)
from nbutils.suite import figures as style

MOST_MODELS = 6


def accuracy_by_subset(table: pd.DataFrame, data: str) -> Figure:
    """Accuracy of each subset as scored and calibrated, with intervals and number of pairs; at most six models.

    Args:
        table: of `accuracy_before_and_after`.
        data: name of the data.
    """
    models, subsets = shown_models(table, MOST_MODELS), list(table["subset"].unique())
    if len(subsets) == 2:  # the one and all pairs are the same
        subsets = subsets[1:]
    columns = min(2, len(models)) if len(models) < 5 else 3
    height = 0.9 + 0.3 * len(subsets)
    figure, axes = style.small_multiples(
        len(models), columns=columns, panel_size=(7.0 if len(models) == 1 else 3.6, height)
    )
    for panel, model in zip(axes, models, strict=True):
        vertical_line(panel, 0.5, "chance")
        for shift, (stage, rows) in zip(
            (-0.12, 0.12), table[table["model"] == model].groupby("stage", sort=False), strict=True
        ):
            rows = rows.set_index("subset").reindex(subsets)
            error = reaches(rows, "accuracy")
            places = np.arange(len(subsets)) + shift
            panel.errorbar(
                rows["accuracy"],
                places,
                xerr=error,
                fmt="o",
                ms=5,
                elinewidth=1,
                color=STAGE_COLOURS[stage],
                label=stage,
            )
        names = [f"{shown_name(name)}  (n = {n:.0f})" for name, n in rows["n"].fillna(0).items()]
        panel.set_yticks(range(len(subsets)), names)
        panel.set_ylim(len(subsets) - 0.5, -0.5)
        panel.set(title=shown_name(model), xlabel="accuracy (share of pairs) with 95 % interval")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    figure.suptitle(f"{data}: accuracy by subset{how_many(table, MOST_MODELS)}")
    return figure


def section_gains(table: pd.DataFrame) -> Figure:
    """Gain in RewardBench's sections and score, a dot for each model: one panel for each data set that has them.

    Args:
        table: of `section_gains_by_data`.
    """
    groups = list(table.groupby("data", sort=False))
    size = (7.0, 2.8) if len(groups) == 1 else (4.6, 2.8)
    figure, axes = style.small_multiples(len(groups), columns=2, panel_size=size, share_x=False, share_y=False)
    for panel, (data, rows) in zip(axes, groups, strict=True):
        vertical_line(panel, 0, "no change")
        sections = list(rows["section"].unique())
        for place, section in enumerate(sections):
            draw_models(panel, rows.loc[rows["section"] == section, "gain"], place, style.COLOURS[0])
        panel.set_yticks(range(len(sections)), sections)
        panel.set_ylim(len(sections) - 0.5, -0.5)
        panel.set(title=shown_name(data), xlabel="gain (percentage points)")
    legend_once(figure, axes[0], ncols=3)
    figure.suptitle("Gain by RewardBench section, RC-LWR cross-fitted")
    return figure
