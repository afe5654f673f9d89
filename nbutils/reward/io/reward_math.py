"""RewardMATH's file of pairs, each with the scores of several reward models (Kim et al., arXiv 2410.01729)."""

from collections.abc import Mapping

import pandas as pd

from nbutils.reward.io.reward_bench import shared_prompts
from nbutils.reward.io.table import Table, failure, names, require, shown, subsets
from nbutils.reward.io.validation import PAIRS, checked

NAME = "RewardMATH pairs"
WRITTEN_AS = {"chosen_score": "scores", "rejected_score": "scores", "pair_id": "id"}


def recognises(cells: pd.DataFrame) -> bool:
    """Whether each row holds the scores of models by name."""
    return "scores" in cells and any(isinstance(value, Mapping) for value in cells["scores"])


def pairs_in(table: Table) -> pd.DataFrame:
    """Pairs of every model in `scores`, `{"<model>": {"chosen": ..., "rejected": ...}}`; a model may miss pairs.

    Raises:
        RewardDataError: a column is missing, or a cell is not what it must be.
    """
    require(table, ("id", "chosen_text", "rejected_text", "scores"), NAME)
    cells = table.cells
    pair_id = names(table, "id")
    prompts = [*cells["prompt"]] if "prompt" in cells else [None] * len(cells)
    pairs = pd.DataFrame(
        {
            "pair_id": pair_id,
            "prompt_id": shared_prompts(pair_id, prompts),
            "subset": subsets(table),
            "chosen_text": cells["chosen_text"],
            "rejected_text": cells["rejected_text"],
        },
        dtype=object,
    )
    scores = pd.DataFrame(
        [
            {"row": row, "model": model, "chosen_score": of["chosen"], "rejected_score": of["rejected"]}
            for row, by_model in cells["scores"].items()
            for model, of in _by_model(table, row, by_model).items()
        ],
        dtype=object,
    ).set_index("row")
    return checked(scores.join(pairs).sort_values("model", kind="stable"), PAIRS, table, WRITTEN_AS)


def _by_model(table: Table, row: int, scores: object) -> Mapping[str, Mapping]:
    known = isinstance(scores, Mapping) and len(scores) > 0
    if not known or not all(isinstance(of, Mapping) and {"chosen", "rejected"} <= set(of) for of in scores.values()):
        raise failure(
            table, row, "scores", f'{shown(scores)} must be {{"<model>": {{"chosen": number, "rejected": number}}}}'
        )
    return scores
