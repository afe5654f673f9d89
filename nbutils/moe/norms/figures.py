"""Figures of the router and the experts; each takes a table and returns a matplotlib Figure."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nbutils.moe.labels import evenly_spaced, shown_name, shown_token
from nbutils.suite import figures as style

MOST_PANELS = 8
MARKERS = "osD^vP"


def rank_heatmaps(ranks: pd.DataFrame) -> Figure:
    """Share of tokens by score rank and norm rank against chance, averaged over layers: one panel a model."""
    groups = [(shown_name(model), rows) for model, rows in ranks.groupby("model", sort=False)]
    figure, axes = style.small_multiples(len(groups), columns=3, panel_size=(3.3, 3.2), share_x=False, share_y=False)
    _draw_ranks(figure, axes, groups)
    figure.suptitle("How often the i-th score meets the j-th output norm")
    return figure


def rank_heatmaps_by_layer(ranks: pd.DataFrame) -> Figure:
    """The same layer by layer, for each model at most eight layers, evenly spaced."""
    groups = [
        (f"{shown_name(model)}, layer {layer}", rows[rows["layer"] == layer])
        for model, rows in ranks.groupby("model", sort=False)
        for layer in evenly_spaced(rows["layer"].unique(), MOST_PANELS)
    ]
    figure, axes = style.small_multiples(len(groups), columns=4, panel_size=(2.4, 2.3), share_x=False, share_y=False)
    _draw_ranks(figure, axes, groups)
    figure.suptitle("Score rank and norm rank, layer by layer")
    return figure


def _draw_ranks(figure: Figure, axes: list[Axes], groups: list[tuple[str, pd.DataFrame]]) -> None:
    """One panel for each title and its rows, all with one colour scale that is centred on chance."""
    ratios = [_rank_ratio(rows) for _, rows in groups]
    reach = max(np.abs(ratio.to_numpy()).max() for ratio in ratios)
    for panel, (title, _), ratio in zip(axes, groups, ratios, strict=True):
        image = style.heatmap(
            panel,
            ratio.to_numpy(),
            title=title,
            x_label="norm rank (1 = largest)",
            y_label="score rank (1 = top)",
            x_names=list(ratio.columns),
            y_names=list(ratio.index),
            cmap=style.DIVERGING,
            vmin=-reach,
            vmax=reach,
        )
    figure.colorbar(image, ax=axes, label="tokens against chance, log2 (0 = chance)")


def agreement(table: pd.DataFrame) -> Figure:
    """P(top-scored expert has the largest norm) and Spearman of score and norm, by layer."""
    figure, axes = style.small_multiples(2, columns=2, panel_size=(4.9, 3.8), share_y=False)
    titles = {
        "top_largest": ("The top-scored expert has the largest norm", "share of tokens"),
        "spearman": ("Score and norm over experts", "Spearman, mean over tokens"),
    }
    for panel, (statistic, (title, label)) in zip(axes, titles.items(), strict=True):
        rows, handles = table[(table["statistic"] == statistic) & (table["layer"] >= 0)], []
        for i, (model, part) in enumerate(rows.groupby("model", sort=False)):
            errors = [part["value"] - part["low"], part["high"] - part["value"]]
            beside = part["layer"] + 0.08 * i  # so that intervals of different models do not hide each other
            colour = style.COLOURS[i % len(style.COLOURS)]
            marker, name = MARKERS[i % len(MARKERS)], shown_name(model)
            chance = part["chance"].iloc[0]
            # One column of the legend a model: its values, its shuffled tokens, its chance level.
            handles += [
                panel.errorbar(beside, part["value"], yerr=errors, marker=marker, color=colour, label=name, capsize=2),
                *panel.plot(beside, part["shuffled"], ":", color=colour, label=f"{name}, shuffled tokens"),
                panel.axhline(chance, linestyle="--", linewidth=1, color=colour, label=f"{name}, chance"),
            ]
        panel.set(title=title, xlabel="layer", ylabel=label)
        panel.xaxis.get_major_locator().set_params(integer=True)
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles) // 3)
    return figure


def norms_by_depth(norms: pd.DataFrame) -> Figure:
    """Output norm by layer: mean, range over experts, chosen against other experts; one panel a model."""
    models = list(norms["model"].unique())
    figure, axes = style.small_multiples(len(models), columns=3, panel_size=(3.6, 3.2), share_x=False, share_y=False)
    for panel, model in zip(axes, models, strict=True):
        rows = norms[norms["model"] == model]
        panel.fill_between(
            rows["layer"], rows["smallest_expert"], rows["largest_expert"], alpha=0.2, label="range over experts"
        )
        panel.plot(rows["layer"], rows["norm"], marker="o", label="all experts, mean")
        panel.plot(rows["layer"], rows["chosen"], marker="^", linestyle="--", label="chosen experts")
        panel.plot(rows["layer"], rows["passed_over"], marker="v", linestyle=":", label="other experts")
        panel.set(title=shown_name(model), xlabel="layer", ylabel="mean output norm (L2)", ylim=(0, None))
        panel.xaxis.get_major_locator().set_params(integer=True)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    figure.suptitle("Output norms by depth")
    return figure


def scores_and_norms(sentence: pd.DataFrame) -> Figure:
    """Gate score against output norm of every expert for four tokens of a sentence, in the last layer of each model."""
    last = sentence[sentence["layer"] == sentence.groupby("model")["layer"].transform("max")]
    groups = last.groupby("model", sort=False)
    positions = {model: evenly_spaced(rows["position"].unique(), 4) for model, rows in groups}
    panels = [(model, position) for model in positions for position in positions[model]]
    columns = max(map(len, positions.values()))
    figure, axes = style.small_multiples(
        len(panels), columns=columns, panel_size=(2.6, 2.5), share_x=False, share_y=False
    )
    for panel, (model, position) in zip(axes, panels, strict=True):
        token = last[(last["model"] == model) & (last["position"] == position)]
        for chosen, part in token.groupby("chosen"):
            panel.scatter(
                part["norm"],
                part["score"],
                marker="o" if chosen else "x",
                color=style.COLOURS[1] if chosen else style.COLOURS[0],
                label="chosen" if chosen else "passed over",
            )
        style.reference_line(panel, 1 / token["expert"].nunique(), "uniform" if panel is axes[0] else "")
        title = f"{shown_name(model)}, layer {token['layer'].iloc[0]}\ntoken {shown_token(token['token'].iloc[0])}"
        panel.set(title=title, xlabel="output norm (L2)", ylabel="gate score", ylim=(0, None))
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    figure.suptitle("Gate score and output norm of each expert")
    return figure


def chosen_experts(sentence: pd.DataFrame) -> Figure:
    """Routing weight of the chosen experts for each token of a sentence, in at most three layers of each model."""
    panels = [
        (model, layer)
        for model, rows in sentence.groupby("model", sort=False)
        for layer in evenly_spaced(rows["layer"].unique(), 3)
    ]
    tokens = sentence["position"].nunique()
    figure, axes = style.small_multiples(
        len(panels), columns=1, panel_size=(min(14.0, 2.5 + 0.3 * tokens), 2.2), share_x=False, share_y=False
    )
    for panel, (model, layer) in zip(axes, panels, strict=True):
        rows = sentence[(sentence["model"] == model) & (sentence["layer"] == layer)]
        weights = rows.pivot(index="expert", columns="position", values="weight")
        style.heatmap(
            panel,
            weights.to_numpy(),
            title=f"{shown_name(model)}, layer {layer}",
            x_label="",
            y_label="expert",
            colour_label="routing weight",
            vmin=0,
        )
        words = rows.drop_duplicates("position")["token"].map(shown_token)
        panel.set_xticks(np.arange(len(words)), words, rotation=60, ha="right", rotation_mode="anchor")
    figure.suptitle("The experts chosen for each token")
    return figure


def _rank_ratio(ranks: pd.DataFrame) -> pd.DataFrame:
    """Mean share over layers divided by chance, log2; pairs of ranks that never meet count as an eighth of chance."""
    table = ranks.pivot_table(index="score_rank", columns="norm_rank", values="share", aggfunc="mean")
    return np.log2((table * len(table)).clip(lower=1 / 8))
