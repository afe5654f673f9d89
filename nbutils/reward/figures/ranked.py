"""The order of language models by reward, before and after a calibration."""

import matplotlib
import pandas as pd
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from nbutils.reward.cross_fitting import UNCALIBRATED
from nbutils.reward.figures.look import METHOD_COLOURS, draw_models, legend_once, shown_name, vertical_line
from nbutils.reward.methods import LWR
from nbutils.suite import figures as style

PUBLISHED = {"as scored": 0.845, "RC-LWR": 0.949}
MOST_GENERATORS = 40


def agreement_with_ratings(table: pd.DataFrame, data: str) -> Figure:
    """Rank correlation of win rates with the ratings, a dot for each reward model and the mean, by method.

    Args:
        table: of `Ranking.correlations`; where it is empty the figure says so.
        data: name of the data.
    """
    if table.empty:
        figure = Figure(figsize=(4.0, 0.6))
        figure.text(0.5, 0.5, "no leaderboard to compare with", ha="center", va="center")
        return figure
    figure, axes = style.small_multiples(2, columns=2, panel_size=(4.8, 2.9))
    methods = list(table["method"].unique())
    for panel, statistic in zip(axes, ("spearman", "kendall"), strict=True):
        rows = table[table["statistic"] == statistic]
        for place, method in enumerate(methods):
            draw_models(panel, rows.loc[rows["method"] == method, "value"], place, METHOD_COLOURS[method])
        if statistic == "spearman":
            for (name, value), line in zip(PUBLISHED.items(), ("--", ":"), strict=True):
                vertical_line(panel, value, f"paper, {name}: {value}", line)
        names = ["as scored" if method == UNCALIBRATED else method for method in methods]
        panel.set_yticks(range(len(methods)), names)
        panel.set_ylim(len(methods) - 0.5, -0.5)
        panel.set(title=f"{statistic.capitalize()}'s correlation", xlabel="with the leaderboard")
    legend_once(figure, axes[0], ncols=2)
    figure.suptitle(f"{data}: does the order of models agree with the leaderboard?")
    return figure


def order_of_models(table: pd.DataFrame, data: str) -> Figure:
    """Rank of each generator by win rate as scored and calibrated, and by rating where there is one.

    Args:
        table: of `Ranking.win_rates`; drawn are the reward model whose order changes most, and RC-LWR.
        data: name of the data.
    """
    model = most_changed(table)
    rows = table[table["model"] == model].pivot(index="generator", columns="method", values="win_rate")
    known = table.drop_duplicates("generator").set_index("generator")
    columns = {"as scored": rows[UNCALIBRATED], "calibrated (RC-LWR)": rows[LWR]}
    if known["rating"].notna().any():
        columns["leaderboard"] = known["rating"]
    ranks = pd.DataFrame(columns).dropna().rank(ascending=False)
    ranks = ranks[ranks.iloc[:, 0] <= MOST_GENERATORS]
    lengths = known.loc[ranks.index, "chars"]
    colours = matplotlib.colormaps[style.SEQUENTIAL]
    norm = Normalize(lengths.min(), lengths.max())
    figure = Figure(figsize=(7.0, 1.4 + 0.19 * len(ranks)), layout="constrained")
    panel = figure.subplots()
    for generator, line in ranks.iterrows():
        panel.plot(range(len(line)), line, "-o", ms=4, color=colours(norm(lengths[generator])))
    panel.set_xticks(range(ranks.shape[1]), ranks.columns)
    order = ranks.iloc[:, 0].sort_values()
    panel.set_yticks(order, [f"{shown_name(str(name))}  {place:.0f}" for name, place in order.items()])
    panel.invert_yaxis()
    panel.set_xlim(-0.05, ranks.shape[1] - 0.95)
    figure.colorbar(matplotlib.cm.ScalarMappable(norm, colours), ax=panel, label="mean length (characters)")
    panel.set_title(f"{data}: order of the generators by {shown_name(model)}, best on top", loc="left")
    return figure


def most_changed(table: pd.DataFrame) -> str:
    """The reward model of which RC-LWR changes the order most (Spearman's correlation with the order as scored)."""
    wide = table.pivot_table(index=["model", "generator"], columns="method", values="win_rate", observed=True)
    alike = wide.groupby("model", observed=True).apply(lambda rows: rows[UNCALIBRATED].corr(rows[LWR], "spearman"))
    return str(alike.idxmin())
