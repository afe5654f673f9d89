"""One or two sentences under each figure, computed from the table that the figure draws."""

import pandas as pd

from nbutils.moe.similarity.matching import NEURON
from nbutils.moe.similarity.members import REFERENCE, SHARED
from nbutils.moe.unmeasured import said_if_measured


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


@said_if_measured
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


def router_and_neurons(similarity: pd.DataFrame) -> str:
    """Range of the cosines of router embeddings, for each model."""
    parts = [
        f"{model}: from {rows['router'].min():.2f} to {rows['router'].max():.2f}, mean {rows['router'].mean():.2f}"
        for model, rows in similarity.groupby("model", sort=False)
    ]
    return "Cosine of two experts' router embeddings. " + "; ".join(parts) + "."


def router_regression(regression: pd.DataFrame) -> str:
    """Mean r and R^2 of each projection beside those of relabelled experts, for each model."""
    parts = []
    for model, rows in regression[regression["layer"] == -1].groupby("model", sort=False):
        known = rows.dropna(subset="r")
        values = [f"{row.projection} {row.r_squared:.2f} (r {row.r:+.2f})" for row in known.itertuples()]
        relabelled = f"relabelled experts {known['null_r_squared'].mean():.2f}"
        parts.append(f"{model}: {', '.join([*values, relabelled]) if values else 'no pairs that differ'}")
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


@said_if_measured
def output_similarity_by_layer(by_layer: pd.DataFrame) -> str:
    """Mean cosine of two outputs, its course with depth, and that with what is beside the experts, for each model."""
    parts = []
    for model, rows in by_layer[by_layer["measure"] == "cosine"].groupby("model", sort=False):
        experts = rows[rows["pairs"] == "experts"].set_index("layer")["value"]
        layers = experts.drop(-1)
        beside = [
            f", {row.value:.2f} with the {'dense model' if row.pairs == REFERENCE else 'shared expert'}"
            for row in rows[(rows["layer"] == -1) & (rows["pairs"] != "experts")].itertuples()
        ]
        parts.append(
            f"{model}: {experts[-1]:.3f} on average{''.join(beside)}; {layers.iloc[0]:.3f} in layer {layers.index[0]}, "
            f"at least {layers.min():.3f} (layer {layers.idxmin()}), {layers.iloc[-1]:.3f} in layer {layers.index[-1]}"
        )
    return "Mean cosine of two experts' outputs for the same token. " + ". ".join(parts) + "."


@said_if_measured
def similarity_by_text(by_text: pd.DataFrame) -> str:
    """Texts on which outputs are most and least alike in the mean over layers, for each model."""
    rows = by_text[(by_text["measure"] == "cosine") & (by_text["pairs"] == "experts") & (by_text["layer"] == -1)]
    parts = []
    for model, part in rows.groupby("model", sort=False):
        values = part.set_index("text")["value"]
        low, high = (
            f"{value:.3f} ({text})"
            for value, text in ((values.min(), values.idxmin()), (values.max(), values.idxmax()))
        )
        parts.append(f"{model}: from {low} to {high}" if len(values) > 1 else f"{model}: {low}")
    return "Mean cosine of two outputs, mean over layers. " + "; ".join(parts) + "."


@said_if_measured
def sentence_similarity(sentence: pd.DataFrame) -> str:
    """Range over tokens of the mean cosine, in the last layer of each model."""
    parts = []
    for model, rows in sentence.groupby("model", sort=False):
        last = rows[rows["layer"] == rows["layer"].max()]
        means = last.groupby(["position", "token"])["cosine"].mean()
        (_, low), (_, high) = means.idxmin(), means.idxmax()
        parts.append(f"{model}: from {means.min():.2f} (token {low!r}) to {means.max():.2f} (token {high!r})")
    return "Mean cosine over pairs, by token of the sentence. " + "; ".join(parts) + "."


@said_if_measured
def weights_and_outputs(regression: pd.DataFrame) -> str:
    """Mean correlation over layers of weights' and outputs' similarity, for each model."""
    parts = []
    for model, rows in regression[regression["layer"] == -1].groupby("model", sort=False):
        known = rows.dropna(subset="r").set_index("level")["r"]
        names = {"matrix": "whole matrices", "averaged": "mean neurons"}
        values = [f"{r:+.2f} for {names[level]}" for level, r in known.items()]
        parts.append(f"{model}: {', '.join(values) or 'no pairs that differ'}")
    return "Correlation of weight and output similarity over pairs, mean over layers. " + "; ".join(parts) + "."


@said_if_measured
def gate_activations(shares: pd.DataFrame) -> str:
    """Mean share over layers, for each model."""
    means = shares[shares["layer"] == -1]
    parts = [f"{row.model} {row.share:.2%}" for row in means.itertuples()]
    return "Neurons whose activated gate exceeds .001, mean over layers: " + ", ".join(parts) + "."


@said_if_measured
def neuron_heatmaps(neurons: pd.DataFrame) -> str:
    """How alike the neurons' answers of two experts are, in the last layer drawn of each model."""
    parts = []
    for model, rows in neurons.groupby("model", sort=False):
        last = rows[rows["layer"] == rows["layer"].max()]
        answers = last.pivot(index="neuron", columns="expert", values="activation").corr().to_numpy()
        pairs = len(answers) * (len(answers) - 1)
        mean = (answers.sum() - answers.trace()) / pairs
        parts.append(f"{mean:.2f} in layer {last['layer'].iloc[0]} of {model}")
    return "Mean correlation of two experts' answers, neuron by neuron: " + ", ".join(parts) + "."


@said_if_measured
def hidden_activations(experts: pd.DataFrame) -> str:
    """Means over experts and layers, and the layer that is sparsest, for each model."""
    parts = []
    for model, rows in experts.groupby("model", sort=False):
        layers = rows.groupby("layer")[["active", "sparseness"]].mean()
        parts.append(
            f"{model}: {layers['active'].mean():.1%} above .001, sparseness {layers['sparseness'].mean():.2f}, most in "
            f"layer {layers['sparseness'].idxmax()} ({layers['sparseness'].max():.2f})"
        )
    return "; ".join(parts) + ". Normal activations have .36."
