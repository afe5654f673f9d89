"""One or two sentences under each figure, computed from the table that the figure draws."""

import pandas as pd

from nbutils.moe.interventions.knockout import LEAST, RANDOM, TOP
from nbutils.moe.interventions.pruning import LEAST_SALIENT
from nbutils.moe.interventions.pruning import RANDOM as RANDOM_SETS

SMALLEST_LOSS = 0.05  # in nats, against which a share of it still says something


def knockouts(table: pd.DataFrame) -> str:
    """Mean over layers of the changes in loss, and the layer where random experts cost most, for each model."""
    parts = []
    for model, rows in table.groupby("model", sort=False):
        mean = rows[rows["layer"] == -1].set_index("kind")["change"]
        random = rows[(rows["layer"] >= 0) & (rows["kind"] == RANDOM)]
        worst = random.loc[random["change"].idxmax()]
        parts.append(
            f"{model}: {mean[RANDOM]:+.3f} with random experts (most in layer {worst['layer']}, "
            f"{worst['change']:+.3f}), {mean[TOP]:+.3f} without the top-weighted one and {mean[LEAST]:+.3f} without "
            "the least-weighted one"
        )
    return "Nats per token in the mean over layers. " + "; ".join(parts) + "."


def experts(table: pd.DataFrame) -> str:
    """The expert whose silence costs most, and how load and cost go together, for each model."""
    parts = []
    for model, rows in table.groupby("model", sort=False):
        worst = rows.loc[rows["change"].idxmax()]
        varied = rows.groupby("layer").filter(lambda layer: layer[["load_share", "change"]].nunique().min() > 1)
        by_layer = [part["load_share"].corr(part["change"], method="spearman") for _, part in varied.groupby("layer")]
        mean = " in the mean over layers" if len(by_layer) > 1 else ""
        together = f"; Spearman of load and change {sum(by_layer) / len(by_layer):.2f}{mean}" if by_layer else ""
        parts.append(
            f"{model}: expert {worst['expert']} of layer {worst['layer']} costs most, {worst['change']:+.4f} nats per "
            f"token, with {worst['load_share']:.1%} of its layer's load{together}"
        )
    return ". ".join(parts) + "."


def pruning(table: pd.DataFrame) -> str:
    """Changes in loss by all orders at the share nearest to a half, for each model."""
    parts = []
    for model, rows in table.groupby("model", sort=False):
        share = rows.loc[(rows["share"] - 0.5).abs().idxmin(), "share"]
        here = rows[rows["share"] == share].set_index("order")["change"]
        ratio = here[LEAST_SALIENT] / here[RANDOM_SETS] if here[RANDOM_SETS] > SMALLEST_LOSS else None
        ratio = "" if ratio is None or ratio < 0 else f" ({ratio:.0%} of random sets)"
        changes = ", ".join(f"{change:+.3f} {order}" for order, change in here.drop(LEAST_SALIENT).items())
        parts.append(f"{model}, {share:.0%} removed: {here[LEAST_SALIENT]:+.3f} {LEAST_SALIENT}{ratio}, {changes}")
    return "Nats per token. " + "; ".join(parts) + "."


def lens_gains(table: pd.DataFrame) -> str:
    """Mean over layers and the layers of the largest and the smallest gain, for each model."""
    parts = []
    for model, rows in table.groupby("model", sort=False):
        layers, mean = rows[rows["layer"] >= 0], rows[rows["layer"] == -1].iloc[0]
        low, high = (layers.loc[layers["gain"].agg(extreme)] for extreme in ("idxmin", "idxmax"))
        parts.append(
            f"{model}: {mean['gain']:+.2f} logits on average, from {low['gain']:+.2f} in layer {low['layer']} to "
            f"{high['gain']:+.2f} in layer {high['layer']}"
        )
    return "Above 0 the chosen experts vote for the token that does come next: " + "; ".join(parts) + "."


def lens_tokens(table: pd.DataFrame) -> str:
    """The clearest vote in the last layer of each model."""
    parts = []
    for model, rows in table.groupby("model", sort=False):
        last = rows[(rows["layer"] == rows["layer"].max()) & (rows["rank"] == 1)]
        clearest = last.loc[last["logit"].idxmax()]
        parts.append(
            f"expert {clearest['expert']} of {model}'s layer {clearest['layer']} raises {clearest['token']!r} by "
            f"{clearest['logit']:.1f} logits above the mean expert"
        )
    return "The clearest votes: " + "; ".join(parts) + "."
