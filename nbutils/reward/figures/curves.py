"""Reward against length or another characteristic, with the curve that is fitted to it."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure

from nbutils.reward.before_after import BEFORE
from nbutils.reward.figures.look import (
    MOST_PANELS,
    ON_LOG_AXES,
    STAGE_COLOURS,
    characteristic_axis,
    how_many,
    shown_name,
)
from nbutils.suite import figures as style

MOST_POINTS = 1500
SIDES = {"rejected": style.COLOURS[1], "chosen": style.COLOURS[5]}


def reward_by_characteristic(pairs: pd.DataFrame, curves: pd.DataFrame, data: str) -> Figure:
    """Every response's score against each characteristic, and the fitted curve with its band: at most twelve panels.

    Args:
        pairs: scored, with the characteristics.
        curves: of `curves_before_and_after`.
        data: name of the data.
    """
    curves = curves[curves["stage"] == BEFORE]
    figure, panels = _panels(curves)
    for panel, (model, characteristic) in panels:
        rows = pairs[pairs["model"] == model]
        curve = _curve(curves, model, characteristic)
        _points(panel, rows, characteristic)
        level = rows[["chosen_score", "rejected_score"]].to_numpy().mean()
        _draw_curve(panel, curve, level, style.COLOURS[6], "fitted curve, 95 % band")
        characteristic_axis(panel, characteristic, curve["value"])
        panel.set_title(shown_name(model))
    _finish(figure, [panel for panel, _ in panels], "score")
    against = "length" if set(curves["characteristic"]) <= set(ON_LOG_AXES) else "style"
    figure.suptitle(f"{data}: reward against {against}{_cut(curves)}")
    return figure


def after_calibration(curves: pd.DataFrame, data: str) -> Figure:
    """The fitted curve of the scores as they are and of the calibrated ones: at most twelve panels."""
    figure, panels = _panels(curves)
    for panel, (model, characteristic) in panels:
        for stage, rows in curves.groupby("stage", sort=False):
            curve = _curve(rows, model, characteristic)
            _draw_curve(panel, curve, 0.0, STAGE_COLOURS[stage], f"{stage}, 95 % band")
        panel.axhline(0, color=style.REFERENCE_COLOUR, linestyle="--", linewidth=1)
        characteristic_axis(panel, characteristic, curve["value"])
        panel.set_title(shown_name(model))
    _finish(figure, [panel for panel, _ in panels], "score that goes with it")
    figure.suptitle(f"{data}: what is left of the dependence in calibrated, cross-fitted scores{_cut(curves)}")
    return figure


def planted_bias(curves: pd.DataFrame, models: int) -> Figure:
    """The planted bias beside the fitted curve, for some simulated models.

    Args:
        curves: of `planted_curves`.
        models: number of simulated models in all.
    """
    figure, panels = _panels(curves)
    for panel, (model, characteristic) in panels:
        curve = _curve(curves, model, characteristic)
        _draw_curve(panel, curve, 0.0, style.COLOURS[0], "fitted, 95 % band")
        panel.plot(curve["value"], curve["planted"], color=style.COLOURS[1], linestyle="--", label="planted")
        characteristic_axis(panel, characteristic, curve["value"])
        panel.set_title(f"{model}: {curve['shape'].iloc[0]}")
    _finish(figure, [panel for panel, _ in panels], "bias (score)")
    shown = curves["model"].nunique()
    cut = f" (the first {shown} of {models} models)" if shown < models else ""
    figure.suptitle(f"Simulation: the bias that was planted and the curve that is fitted{cut}")
    return figure


def _panels(curves: pd.DataFrame) -> tuple[Figure, list[tuple[Axes, tuple[str, str]]]]:
    """A panel for each model and characteristic, all characteristics of a model, as many models as fit."""
    characteristics = list(curves["characteristic"].unique())
    models = curves["model"].unique()[: _most_models(curves)]
    keys = [(model, characteristic) for model in models for characteristic in characteristics]
    size = (7.0, 3.8) if len(keys) == 1 else (3.1, 2.4)
    columns = len(characteristics) if 1 < len(characteristics) <= 4 else 4 if len(keys) > 9 else 3
    figure, axes = style.small_multiples(len(keys), columns=columns, panel_size=size, share_x=False, share_y=False)
    return figure, list(zip(axes, keys, strict=True))


def _most_models(curves: pd.DataFrame) -> int:
    return max(1, MOST_PANELS // curves["characteristic"].nunique())


def _cut(curves: pd.DataFrame) -> str:
    return how_many(curves, _most_models(curves))


def _curve(curves: pd.DataFrame, model: str, characteristic: str) -> pd.DataFrame:
    return curves[(curves["model"] == model) & (curves["characteristic"] == characteristic)]


def _points(panel: Axes, pairs: pd.DataFrame, characteristic: str) -> None:
    """Both responses of pairs at even distances in the table."""
    pairs = pairs.iloc[:: max(1, -(-2 * len(pairs) // MOST_POINTS))]
    for side, colour in SIDES.items():
        values, scores = pairs[f"{side}_{characteristic}"], pairs[f"{side}_score"]
        panel.scatter(values, scores, s=7, alpha=0.35, linewidths=0, color=colour, label=f"{side} response")


def _draw_curve(panel: Axes, curve: pd.DataFrame, level: float, colour: str, label: str) -> None:
    panel.fill_between(curve["value"], curve["low"] + level, curve["high"] + level, color=colour, alpha=0.25, lw=0)
    panel.plot(curve["value"], curve["bias"] + level, color=colour, label=label)


def _finish(figure: Figure, axes: list[Axes], label: str) -> None:
    for panel in axes:
        if panel.get_subplotspec().is_first_col():
            panel.set_ylabel(label)
    handles, labels = axes[0].get_legend_handles_labels()
    legend = figure.legend(handles, labels, loc="outside lower center", ncols=min(4, len(handles)))
    for handle in legend.legend_handles:
        handle.set_alpha(1.0)
        if isinstance(handle, PathCollection):
            handle.set_sizes([20])
