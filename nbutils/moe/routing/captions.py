"""One or two sentences under each figure, computed from the table that the figure draws."""

import pandas as pd

from nbutils.moe.unmeasured import said_if_measured


def loads(table: pd.DataFrame) -> str:
    """The busiest and the least used expert of each model."""
    parts = []
    for model, rows in table.groupby("model", sort=False):
        most, least = rows.loc[rows["share"].idxmax()], rows.loc[rows["share"].idxmin()]
        parts.append(
            f"{model}: from {least['share'] / least['uniform']:.2g} times the even load (expert {least['expert']} of "
            f"layer {least['layer']}) to {most['share'] / most['uniform']:.2g} times (expert {most['expert']} of layer "
            f"{most['layer']})"
        )
    return "; ".join(parts) + "."


def balance(table: pd.DataFrame) -> str:
    """Mean over layers of the busiest expert's load, the worst layer, and the experts that were never chosen."""
    parts = []
    for model, rows in table.groupby("model", sort=False):
        busiest = rows[rows["statistic"] == "max_mean"]
        worst, dead = busiest.loc[busiest["value"].idxmax()], rows[rows["statistic"] == "dead"]["value"].sum()
        parts.append(
            f"{model}: the busiest expert takes {busiest['value'].mean():.2f} times the mean load on average and "
            f"{worst['value']:.2f} times in layer {worst['layer']} (fair draw {worst['uniform']:.2f}), {dead:.0f} "
            "experts are never chosen"
        )
    return "; ".join(parts) + "."


def entropy(table: pd.DataFrame) -> str:
    """Mean over layers of the three shares, for each model."""
    parts = []
    for model, rows in table.groupby("model", sort=False):
        shares = rows.groupby("distribution", sort=False)["share"].mean().dropna()
        parts.append(f"{model}: " + ", ".join(f"{name} {share:.0%}" for name, share in shares.items()))
    return "Entropy as a share of the largest possible one, mean over layers: " + "; ".join(parts) + "."


@said_if_measured
def coactivation(table: pd.DataFrame) -> str:
    """The pair of each model that is most often together against independent choices, and the mean departure."""
    parts = []
    for model, rows in table.groupby("model", sort=False):
        known = rows.dropna(subset="ratio")
        if known.empty:
            parts.append(f"{model} chooses one expert per token")
            continue
        most = known.loc[known["ratio"].idxmax()]
        beyond = ((known["ratio"] > 1.5) | (known["ratio"] < 1 / 1.5)).mean()
        parts.append(
            f"{model}: experts {most['first']} and {most['second']} of layer {most['layer']} are together "
            f"{most['ratio']:.1f} times as often as independent choices with the same loads; {beyond:.0%} of all pairs "
            "differ from those by more than half"
        )
    return "; ".join(parts) + "."


def domains(table: pd.DataFrame) -> str:
    """The most preferred expert of a domain, for each model, among shares whose interval excludes the mean."""
    if table["domain"].nunique() < 2:
        return "There is one domain only, with nothing to compare it with."
    parts = []
    for model, rows in table.groupby("model", sort=False):
        sure = rows[(rows["low"] > rows["overall"]) | (rows["high"] < rows["overall"])]
        told = f"{model}: {len(sure) / len(rows):.0%} of the loads have an interval that excludes the mean over domains"
        above = sure[sure["low"] > sure["overall"]]
        if len(above):
            most = above.loc[above["ratio"].idxmax()]
            told += (
                f", the furthest above it is expert {most['expert']} of layer {most['layer']}, {most['ratio']:.1f} "
                f"times in {most['domain']}"
            )
        parts.append(told)
    return "; ".join(parts) + "."


@said_if_measured
def saturation(table: pd.DataFrame) -> str:
    """Mean over layers and range over layers, for each checkpoint."""
    parts = []
    for (model, checkpoint), rows in table.groupby(["model", "checkpoint"], sort=False):
        mean, by_layer = rows[rows["layer"] == -1].iloc[0], rows[rows["layer"] >= 0]["value"]
        parts.append(
            f"{checkpoint} shares {mean['value']:.0%} of its choices with {model} (layers {by_layer.min():.0%} to "
            f"{by_layer.max():.0%}, independent choices {mean['independent']:.0%})"
        )
    return "; ".join(parts) + "."


def vocabulary(table: pd.DataFrame) -> str:
    """Mean over layers of the favourite's share and of both nulls, for each model."""
    parts = []
    for model, rows in table.groupby("model", sort=False):
        mean = rows[rows["layer"] == -1].iloc[0]
        parts.append(
            f"{model}: {mean['value']:.0%} (by luck {mean['null']:.0%}), {mean['held_out']:.0%} on passages that did "
            f"not choose the favourite (by load {mean['load']:.0%}), {mean['types']} tokens"
            if mean["occurrences"]
            else f"{model}: no token is frequent enough"
        )
    return "Share of a token's occurrences that go to its favourite expert, mean over layers: " + "; ".join(parts) + "."


@said_if_measured
def consecutive(table: pd.DataFrame) -> str:
    """Mean over pairs of layers and the share of the entropy that is told, for each model."""
    parts = []
    for model, rows in table.groupby("model", sort=False):
        mean = rows[rows["layer"] == -1].iloc[0]
        bits, share = max(0.0, mean["bits"]), max(0.0, mean["share"])
        parts.append(
            f"{model}: {bits:.2f} bits on average, {share:.0%} of what could be told (shuffled tokens "
            f"{mean['shuffled']:.2f})"
        )
    return "; ".join(parts) + "."
