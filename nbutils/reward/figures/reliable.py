"""Reliability diagrams of Bradley-Terry probabilities."""

import pandas as pd
from matplotlib.figure import Figure

from nbutils.reward.figures.look import METHOD_COLOURS, how_many, reaches, shown_models, shown_name
from nbutils.suite import figures as style

MOST_MODELS = 4
FEWEST_PAIRS = 10


def reliability_diagrams(table: pd.DataFrame, data: str) -> Figure:
    """How often the preferred response is the better one where the reward is so sure; a row of panels for each model.

    Bins of fewer than ten pairs are left out.

    Args:
        table: rows of `reliability`, of one fit of each method.
        data: name of the data.
    """
    shown = table[(table["lower"] >= 0.5) & (table["n"] >= FEWEST_PAIRS)]
    models, scales = shown_models(table, MOST_MODELS), list(table["scale"].unique())
    figure, axes = style.small_multiples(len(models) * len(scales), columns=len(scales), panel_size=(4.2, 3.2))
    for panel, (model, scale) in zip(axes, [(m, s) for m in models for s in scales], strict=True):
        panel.plot([0.5, 1], [0.5, 1], "--", color=style.REFERENCE_COLOUR, lw=1, label="as often right as sure")
        rows = shown[(shown["model"] == model) & (shown["scale"] == scale)]
        for method, part in rows.groupby("method", sort=False, observed=True):
            error = reaches(part, "observed")
            label = "as scored" if method == "none" else method
            panel.errorbar(
                part["predicted"],
                part["observed"],
                yerr=error,
                marker="o",
                ms=4,
                elinewidth=1,
                capsize=2,
                color=METHOD_COLOURS[method],
                label=label,
            )
        title = "as they are" if scale == "as it is" else "one temperature"
        panel.set(title=f"{shown_name(model)}: {title}", xlim=(0.48, 1.02), ylim=(0, 1.05))
    for panel in axes:
        if panel.get_subplotspec().is_first_col():
            panel.set_ylabel("share in which it is the better one")
        if panel.get_subplotspec().is_last_row():
            panel.set_xlabel("probability of the preferred response")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    figure.suptitle(f"{data}: is a reward as often right as it is sure?{how_many(table, MOST_MODELS)}")
    return figure
