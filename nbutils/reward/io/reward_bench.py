"""RewardBench's scored evaluation sets, `eval-set-scores/<organisation>/<model>.json`.

The benchmark is that of Lambert et al., arXiv 2403.13787. Its command line writes the same fields for other data sets.
"""

from collections.abc import Sequence

import pandas as pd

from nbutils.reward.io.chat import split_conversations
from nbutils.reward.io.table import Table, models, names, numbers, require, subsets, within
from nbutils.reward.io.validation import PAIRS, checked

NAME = "RewardBench scores"
WRITTEN_AS = {
    "chosen_score": "scores_chosen",
    "rejected_score": "scores_rejected",
    "chosen_text": "text_chosen",
    "rejected_text": "text_rejected",
    "pair_id": "id",
}


def recognises(cells: pd.DataFrame) -> bool:
    """Whether the columns are those of RewardBench."""
    return "scores_chosen" in cells or "scores_rejected" in cells


def pairs_in(table: Table) -> pd.DataFrame:
    """Pairs of RewardBench.

    `text_chosen` and `text_rejected` are whole conversations; the responses in them are kept. An `id` counts within its
    subset, so that `pair_id` is "<subset>/<id>"; the row stands in for an id. Pairs that share their prompt share as
    `prompt_id` the smallest of their pair ids.

    Raises:
        RewardDataError: a column is missing, or a cell is not what it must be.
    """
    require(table, ("scores_chosen", "scores_rejected", "text_chosen", "text_rejected"), NAME)
    cells = table.cells
    subset = subsets(table)
    pair_id = within(subset, names(table, "id") if "id" in cells else cells.index.map(str))
    given = cells["prompt"] if "prompt" in cells else [None] * len(cells)
    split = [
        split_conversations(texts, prompt)
        for *texts, prompt in zip(cells["text_chosen"], cells["text_rejected"], given, strict=True)
    ]
    rows = pd.DataFrame(
        {
            "model": models(table),
            "pair_id": pair_id,
            "prompt_id": shared_prompts(pair_id, [prompt for _, prompt in split]),
            "subset": subset,
            "chosen_score": numbers(table, "scores_chosen"),
            "rejected_score": numbers(table, "scores_rejected"),
            "chosen_text": [texts[0] for texts, _ in split],
            "rejected_text": [texts[1] for texts, _ in split],
        },
        dtype=object,
    )
    return checked(rows, PAIRS, table, WRITTEN_AS)


def shared_prompts(pair_id: pd.Series, prompts: Sequence[object]) -> pd.Series:
    """For each pair the smallest id of the pairs with its prompt, which no order of the rows changes."""
    smallest: dict[str, str] = {}
    for name, prompt in zip(pair_id, prompts, strict=True):
        if isinstance(name, str) and isinstance(prompt, str):
            smallest[prompt] = min(name, smallest.get(prompt, name))
    shared = [
        smallest.get(prompt, name) if isinstance(prompt, str) else name
        for name, prompt in zip(pair_id, prompts, strict=True)
    ]
    return pd.Series(shared, index=pair_id.index, dtype=object)
