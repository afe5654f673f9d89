"""What was read, in numbers."""

import pandas as pd

from nbutils.reward.characteristics import with_characteristics


def describe(pairs: pd.DataFrame) -> pd.DataFrame:
    """How many pairs there are, how often the reward is right, and how long the responses are.

    Args:
        pairs: with `chosen_chars` and `rejected_chars`, or with texts; without either, lengths are missing.

    Returns:
        One row per model and subset, then one per model for all its pairs (`subset` "all"): `model`, `subset`, `pairs`,
        `prompts`, `accuracy` (share with the chosen response scored higher), `ties` (pairs scored alike, not counted as
        right), `median_chosen_chars`, `median_rejected_chars` (characters).

    Raises:
        RewardDataError: only some pairs have texts.
    """
    if "chosen_chars" in pairs or "chosen_text" in pairs:
        pairs = with_characteristics(pairs, ["chars"])
    rows = pd.DataFrame(
        {
            "model": pairs["model"].astype("str"),
            "subset": pairs["subset"].astype("str"),
            "prompt_id": pairs["prompt_id"],
            "right": pairs["chosen_score"] > pairs["rejected_score"],
            "tie": pairs["chosen_score"] == pairs["rejected_score"],
            "chosen": pairs.get("chosen_chars", float("nan")),
            "rejected": pairs.get("rejected_chars", float("nan")),
        }
    )
    parts = rows[rows["subset"] != "all"]
    return pd.concat([_numbers(part) for part in (parts, rows.assign(subset="all")) if len(part)], ignore_index=True)


def _numbers(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.groupby(["model", "subset"], sort=False, as_index=False).agg(
        pairs=("right", "size"),
        prompts=("prompt_id", "nunique"),
        accuracy=("right", "mean"),
        ties=("tie", "sum"),
        median_chosen_chars=("chosen", "median"),
        median_rejected_chars=("rejected", "median"),
    )
