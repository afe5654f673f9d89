"""Similarity of each pair of experts as heat maps."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from nbutils.moe.labels import evenly_spaced, shown_name
from nbutils.moe.similarity.figures.look import MOST_LAYERS
from nbutils.moe.similarity.members import REFERENCE, SHARED
from nbutils.suite import figures as style
from nbutils.suite.unmeasured_figure import drawn_if_measured

SHORT = {SHARED: "S", REFERENCE: "D"}


@drawn_if_measured
def similarity_heatmaps(similarity: pd.DataFrame) -> Figure:
    """Cosine of each pair of members, at most four layers of each model, evenly spaced (Lo et al., figures 1 and 8).

    Means over the projections that the table holds. The diagonal, which is 1, is left grey; S is the shared expert, D
    the dense model.

    Args:
        similarity: columns `model`, `layer`, `first`, `second` and `cosine`, of one level of weights or of outputs.
    """
    panels = [
        (model, layer)
        for model, rows in similarity.groupby("model", sort=False)
        for layer in evenly_spaced(rows["layer"].unique(), MOST_LAYERS)
    ]
    columns = max(sum(model == name for name, _ in panels) for model, _ in panels)
    figure, axes = style.small_multiples(
        len(panels), columns=columns, panel_size=(2.6, 2.4), share_x=False, share_y=False
    )
    means = similarity.groupby(["model", "layer", "first", "second"])["cosine"].mean()
    reach = means.abs().max()
    for panel, (model, layer) in zip(axes, panels, strict=True):
        names, matrix = _matrix(means[model][layer])
        image = style.heatmap(
            panel,
            matrix,
            title=f"{shown_name(model)}\nlayer {layer}",
            x_names=names,
            y_names=names,
            cmap=style.DIVERGING,
            vmin=-reach,
            vmax=reach,
        )
    figure.supxlabel("expert")
    figure.supylabel("expert")
    figure.colorbar(image, ax=axes, label="cosine")
    figure.suptitle(f"Which experts are alike: {_what(similarity)}")
    return figure


def _matrix(cosines: pd.Series) -> tuple[list[str], np.ndarray]:
    """Labels [n] and symmetric cosines [n, n] with an empty diagonal, from cosines by `first` and `second`."""
    names = sorted(
        set(cosines.index.get_level_values("first")) | set(cosines.index.get_level_values("second")), key=_place
    )
    table = cosines.unstack("second").reindex(index=names, columns=names).to_numpy()
    return [SHORT.get(name, name) for name in names], np.where(np.isnan(table), table.T, table)


def _place(name: str) -> tuple[bool, int, str]:
    """Experts by number, then the shared expert and the dense model."""
    return not name.isdecimal(), int(name) if name.isdecimal() else 0, {SHARED: "0", REFERENCE: "1"}.get(name, name)


def _what(similarity: pd.DataFrame) -> str:
    levels = {"matrix": "whole matrices", "averaged": "mean neurons"}
    shown: Sequence[str] = [
        levels.get(level, level) for level in similarity.get("level", pd.Series(dtype=str)).unique()
    ]
    if not shown:
        return "outputs, mean over tokens"
    projections = list(similarity.get("projection", pd.Series(dtype=str)).unique())
    return f"{', '.join(shown)} ({', '.join(projections)})" if projections else ", ".join(shown)
