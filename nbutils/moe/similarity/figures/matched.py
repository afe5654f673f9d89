"""Experts before and after their neurons are matched."""

import pandas as pd
from matplotlib.figure import Figure

from nbutils.moe.labels import shown_name
from nbutils.moe.similarity.figures.look import COLOURS, MARKERS
from nbutils.moe.similarity.matching import NEURON
from nbutils.moe.similarity.members import REFERENCE, SHARED
from nbutils.suite import figures as style

LINES = {
    "cosine_before": ("matrices as stored", "o-"),
    "cosine_matched": ("matrices, neurons reordered", "s-"),
    "null": ("matched neurons, coordinates in random order", "^:"),
    "expected_null": ("matched neurons, independent (bound)", "--"),
}
PAPERS_TAU = 0.75


def matched_neurons(matching: pd.DataFrame) -> Figure:
    """Cosine of expert pairs before and after matching, and order of the matched neurons, by layer; one row a model.

    Means over pairs of routed experts, and over projections that are matched separately, as in the paper.

    Args:
        matching: rows of `matching`.
    """
    experts = matching[~matching["second"].isin([SHARED, REFERENCE]) & (matching["projection"] != NEURON)]
    models = list(experts["model"].unique())
    figure, axes = style.small_multiples(
        2 * len(models), columns=2, panel_size=(4.6, 2.9), share_x=False, share_y=False
    )
    for model, cosines, order in zip(models, axes[::2], axes[1::2], strict=True):
        rows = experts[experts["model"] == model]
        means = rows.groupby("layer")[list(LINES)].mean()
        for i, (column, (label, look)) in enumerate(LINES.items()):
            cosines.plot(means.index, means[column], look, markersize=4, color=style.COLOURS[i], label=label)
        cosines.set(title=f"{shown_name(model)}: similarity", xlabel="layer", ylabel="mean cosine of two experts")
        for projection, part in rows.groupby("projection", sort=False):
            tau = part.groupby("layer")["tau"].mean()
            order.plot(
                tau.index, tau, marker=MARKERS[projection], markersize=4, color=COLOURS[projection], label=projection
            )
        style.reference_line(order, 0, "independent")
        style.reference_line(order, PAPERS_TAU, "Mixtral in the paper")
        order.set(title=f"{shown_name(model)}: order kept", xlabel="layer", ylabel="Kendall's tau", ylim=(-0.1, 1.05))
        order.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
        for panel in (cosines, order):
            panel.xaxis.get_major_locator().set_params(integer=True)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    figure.suptitle("Do experts hold the same neurons in another order?")
    return figure
