"""Share of pairs, or of prompts, that a reward gets right, with an interval that respects the prompt."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from statsmodels.stats.proportion import proportion_confint

CELL = ["model", "method", "fit"]


def accuracy(margins: pd.DataFrame) -> pd.DataFrame:
    """Pairwise accuracy by subset; a tie is told and not counted as right.

    Args:
        margins: one row per `model`, `pair_id`, `method` and `fit`, with `prompt_id`, `subset` and `margin`.

    Returns:
        One row per model, method, fit and subset, and for all pairs together (`subset` "all"): `model`, `method`,
        `fit`, `subset`, `n` (pairs), `prompts`, `accuracy` (share with margin > 0), `low` and `high` (95 %, see
        `clustered_shares`), `ties` (pairs with margin 0), `chance` (1/2).
    """
    rows = margins[[*CELL, "subset", "prompt_id"]].assign(
        hit=(margins["margin"] > 0).astype(float), ties=margins["margin"] == 0
    )
    table = shares_by_subset(rows, CELL, count=["ties"])
    return table.rename(columns={"share": "accuracy"}).assign(chance=0.5)


def best_of_accuracy(margins: pd.DataFrame) -> pd.DataFrame:
    """Share of prompts whose chosen answers all score above all rejected ones.

    With one chosen and three rejected answers this is RewardBench 2's accuracy (Malik et al., arXiv 2506.01937), except
    that a tie at the top counts nothing, not a part.

    Args:
        margins: as for `accuracy`, with one row for each pair of a chosen and a rejected answer of a prompt.

    Returns:
        One row per model, method, fit and subset, and for all prompts together: `model`, `method`, `fit`, `subset`,
        `n` (prompts), `accuracy`, `low` and `high` (95 % Wilson), `ties` (prompts whose smallest margin is 0), `chance`
        (mean of 1 / answers, for prompts with one chosen answer).
    """
    grouped = margins.groupby([*CELL, "subset", "prompt_id"], observed=True, sort=False)["margin"]
    prompts = grouped.agg(smallest="min", pairs="size").reset_index()
    prompts = prompts.assign(
        hit=(prompts["smallest"] > 0).astype(float), ties=prompts["smallest"] == 0, chance=1 / (prompts["pairs"] + 1)
    )
    table = shares_by_subset(prompts, CELL, count=["ties", "chance"])
    table = table.drop(columns="prompts").rename(columns={"share": "accuracy"})
    return table.assign(chance=table["chance"] / table["n"])


def shares_by_subset(rows: pd.DataFrame, by: Sequence[str], count: Sequence[str] = ()) -> pd.DataFrame:
    """`clustered_shares` of every subset within `by`, and then of all subsets together, which are called "all"."""
    by = [*by, "subset"]
    parts = [clustered_shares(rows, by, count)]
    if list(rows["subset"].unique()) != ["all"]:
        parts.append(clustered_shares(rows.assign(subset="all"), by, count))
    return pd.concat([part.astype(dict.fromkeys(by, str)) for part in parts], ignore_index=True)


def clustered_shares(rows: pd.DataFrame, by: Sequence[str], count: Sequence[str] = ()) -> pd.DataFrame:
    """Share of hits in each group, with Wilson's interval at the effective number of pairs.

    The variance of the share over prompts (linearised) gives the number of independent pairs that would be as certain
    (Korn and Graubard 1998, with Wilson's interval instead of Clopper's). Where every prompt has one pair this is the
    plain Wilson interval; a share of 0 or 1 counts each prompt once.

    Args:
        rows: with the columns `by`, `prompt_id`, `hit` (0 to 1) and `count`.
        by: columns that make a group.
        count: further columns to add up.

    Returns:
        One row per group, in order of appearance: `by`, `n` (rows), `prompts`, `share`, `low`, `high` (95 %), `count`.
    """
    prompt = pd.factorize(rows["prompt_id"])[0]
    coded = rows[[*by, "hit", *count]].assign(prompt=prompt, n=1)
    prompts = coded.groupby([*by, "prompt"], observed=True, sort=False)[["hit", "n", *count]].sum().reset_index()
    hit, n = prompts["hit"], prompts["n"]
    prompts = prompts.assign(prompts=1, hit_squared=hit**2, product=hit * n, n_squared=n**2)
    sums = prompts.groupby(by, observed=True, sort=False)[
        ["hit", "n", "prompts", "hit_squared", "product", "n_squared", *count]
    ].sum()
    share = sums["hit"] / sums["n"]
    spread = sums["hit_squared"] - 2 * share * sums["product"] + share**2 * sums["n_squared"]
    certain = (share <= 0) | (share >= 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        effective = np.where(certain, sums["prompts"], share * (1 - share) * sums["n"] ** 2 / spread)
    effective = np.minimum(effective, sums["n"])
    low, high = proportion_confint(share * effective, effective, method="wilson")
    table = sums[["n", "prompts"]].assign(share=share, low=low, high=high, **{name: sums[name] for name in count})
    return table.reset_index()
