"""One sentence under each figure, computed from the table that the figure draws."""

import numpy as np
import pandas as pd


def ranks(table: pd.DataFrame) -> str:
    """How much of the tokens lies where both ranks are 1, and on the diagonal, for each model."""
    parts = []
    for model, rows in table.groupby("model", sort=False):
        experts = rows["score_rank"].max()
        both = rows[(rows["score_rank"] == 1) & (rows["norm_rank"] == 1)]["share"].mean() * experts
        diagonal = rows[rows["score_rank"] == rows["norm_rank"]].groupby("layer")["share"].mean().mean() * experts
        parts.append(f"{model}: {both:.2f} times chance where both ranks are 1, {diagonal:.2f} on the whole diagonal")
    return "; ".join(parts) + ". A purple diagonal means that score and norm agree."


def agreement(table: pd.DataFrame) -> str:
    """Mean over layers and range over layers of P(top-scored expert has the largest norm), for each model."""
    rows = table[table["statistic"] == "top_largest"]
    parts = []
    for model, part in rows.groupby("model", sort=False):
        by_layer, mean = part[part["layer"] >= 0], part[part["layer"] == -1].iloc[0]
        low, high = by_layer.loc[by_layer["value"].idxmin()], by_layer.loc[by_layer["value"].idxmax()]
        parts.append(
            f"{model}: {mean['value']:.1%} on average (chance {mean['chance']:.1%}), from {low['value']:.1%} in layer "
            f"{low['layer']} to {high['value']:.1%} in layer {high['layer']}"
        )
    return "Tokens whose top-scored expert has the largest norm: " + "; ".join(parts) + "."


def norms(table: pd.DataFrame) -> str:
    """First and last layer's mean norm and the ratio of chosen to other experts, for each model."""
    parts = []
    for model, rows in table.groupby("model", sort=False):
        first, last = rows.iloc[0], rows.iloc[-1]
        ratio = (rows["chosen"] / rows["passed_over"]).mean()
        beside = f"; chosen experts put out {ratio:.2f} times the others' norm" if np.isfinite(ratio) else ""
        parts.append(
            f"{model}: mean norm {first['norm']:.3g} in layer {first['layer']}, {last['norm']:.3g} in layer "
            f"{last['layer']}{beside}"
        )
    return ". ".join(parts) + "."


def scores_and_norms(sentence: pd.DataFrame) -> str:
    """For how many tokens of the sentence the top score has the largest norm, in the last layer of each model."""
    parts = []
    for model, rows in sentence.groupby("model", sort=False):
        tokens = rows[rows["layer"] == rows["layer"].max()].groupby("position")
        agree = sum(part["score"].idxmax() == part["norm"].idxmax() for _, part in tokens)
        parts.append(f"{agree} of {tokens.ngroups} tokens in {model}")
    return "The highest point is also the rightmost one for " + ", ".join(parts) + " (all tokens of the sentence)."


def chosen_experts(sentence: pd.DataFrame) -> str:
    """How many experts the sentence uses in the first and last layer of each model."""
    parts = []
    for model, rows in sentence.groupby("model", sort=False):
        used = rows[rows["chosen"]].groupby("layer")["expert"].nunique()
        parts.append(
            f"in {model} {used.iloc[0]} of {rows['expert'].nunique()} experts in layer {used.index[0]} and "
            f"{used.iloc[-1]} in layer {used.index[-1]}"
        )
    return f"The {sentence['position'].nunique()} tokens use " + "; ".join(parts) + "."
