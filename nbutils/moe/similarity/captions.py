"""One or two sentences under each figure, computed from the table that the figure draws."""

import pandas as pd

from nbutils.moe.similarity.matching import NEURON
from nbutils.moe.similarity.members import REFERENCE, SHARED


def similarity_by_layer(by_layer: pd.DataFrame) -> str:
    """Mean cosine of experts over layers, of whole matrices and of mean gate (else up) neurons, for each model."""
    parts = []
    for model, rows in by_layer.groupby("model", sort=False):
        matrix, averaged = (rows[rows["level"] == level] for level in ("matrix", "averaged"))
        first = averaged["projection"].iloc[0]
        beside = matrix[REFERENCE].mean()
        dense = f" ({beside:.2f} with the dense model)" if pd.notna(beside) else ""
        parts.append(
            f"{model}: {matrix['mean'].mean():.3f} between whole matrices{dense}, "
            f"{averaged.loc[averaged['projection'] == first, 'mean'].mean():.2f} between mean {first} neurons"
        )
    return "Mean cosine of two experts: " + "; ".join(parts) + ". Experts with independent weights have 0."


def similarity_heatmaps(similarity: pd.DataFrame) -> str:
    """The pair of routed experts that is most alike, and the one that is least, for each model."""
    experts = similarity[~similarity["second"].isin([SHARED, REFERENCE])]
    parts = []
    for model, rows in experts.groupby("model", sort=False):
        means = rows.groupby(["layer", "first", "second"])["cosine"].mean()
        ends = [
            f"{means[at]:.2f} (layer {at[0]}, experts {at[1]} and {at[2]})" for at in (means.idxmin(), means.idxmax())
        ]
        parts.append(f"{model}: from {ends[0]} to {ends[1]}")
    return "Cosine of two experts, over all layers. " + "; ".join(parts) + "."


def matched_neurons(matching: pd.DataFrame) -> str:
    """Cosine before and after matching, that of independent matrices, and tau, for each model."""
    experts = matching[~matching["second"].isin([SHARED, REFERENCE]) & (matching["projection"] != NEURON)]
    parts = []
    for model, rows in experts.groupby("model", sort=False):
        mean = rows[["cosine_before", "cosine_matched", "null", "tau"]].mean()
        parts.append(
            f"{model}: {mean['cosine_before']:.3f} as stored, {mean['cosine_matched']:.3f} reordered, "
            f"{mean['null']:.3f} for independent matrices; tau {mean['tau']:.2f}"
        )
    return "Mean cosine of two experts' matrices. " + ". ".join(parts) + "."


def router_and_neurons(regression: pd.DataFrame) -> str:
    """Mean r and R^2 of each projection beside those of relabelled experts, for each model."""
    parts = []
    for model, rows in regression[regression["layer"] == -1].groupby("model", sort=False):
        values = [f"{row.projection} {row.r_squared:.2f} (r {row.r:+.2f})" for row in rows.itertuples()]
        parts.append(f"{model}: {', '.join(values)}, relabelled experts {rows['null_r_squared'].mean():.2f}")
    return "R² of router and neuron similarity, mean over layers. " + "; ".join(parts) + "."


def expert_components(components: pd.DataFrame) -> str:
    """Variance on the two components beside what as many directions of equal variance would have, for each model."""
    parts = []
    for model, rows in components.groupby("model", sort=False):
        explained = (rows["explained_x"] + rows["explained_y"]).mean()
        even = (2 / (rows.groupby(["layer", "projection"])["member"].transform("nunique") - 1)).clip(upper=1).mean()
        parts.append(f"{explained:.0%} in {model} ({even:.0%} if all directions were alike)")
    return "Share of the variance on these two components: " + ", ".join(parts) + "."


def neuron_components(components: pd.DataFrame) -> str:
    """Variance on the two components, and how much of the place on them the expert explains, for each model."""
    parts = []
    for model, rows in components.groupby("model", sort=False):
        explained = (rows["explained_x"] + rows["explained_y"]).mean()
        place = rows[["x", "y"]]
        panels = rows.groupby(["layer", "projection"])[["x", "y"]]
        experts = rows.groupby(["layer", "projection", "member"])[["x", "y"]].transform("mean")
        total = ((place - panels.transform("mean")) ** 2).to_numpy().sum()
        between = ((experts - panels.transform("mean")) ** 2).to_numpy().sum()
        parts.append(f"{explained:.1%} in {model}, where the expert explains {between / total:.1%} of a neuron's place")
    return "Share of the variance on these two components: " + "; ".join(parts) + "."
