"""RewardBench 2: one or more correct and several wrong responses to each prompt (Malik et al., arXiv 2506.01937)."""

from collections.abc import Iterator

import pandas as pd

from nbutils.reward.io.chat import split_conversations
from nbutils.reward.io.table import Table, failure, models, names, require, shown, subsets, within
from nbutils.reward.io.validation import PAIRS, checked, is_finite

NAME = "RewardBench 2 scores"
WRITTEN_AS = {
    "prompt_id": "id",
    "chosen_score": "scores",
    "rejected_score": "scores",
    "chosen_text": "text",
    "rejected_text": "text",
}


def recognises(cells: pd.DataFrame) -> bool:
    """Whether rows hold lists of scores, or lists of wrong responses beside scores."""
    lists = "scores" if "scores" in cells else "rejected"
    scored = {"scores", "scores_rejected"} & set(cells)
    return bool(scored) and lists in cells and any(isinstance(value, list) and len(value) > 1 for value in cells[lists])


def pairs_in(table: Table) -> pd.DataFrame:
    """Every correct response against every wrong one of its prompt.

    The scores are in `scores`, the correct ones first, or in `scores_chosen` and `scores_rejected`; the responses in
    `text`, or in `chosen` and `rejected`. How many are correct is told by `num_correct` or by `chosen`, and is one
    where nothing tells it. `prompt_id` is "<subset>/<id>", `pair_id` adds the places of the two responses, from 0.

    In the subset Ties several responses are correct. They are compared with the wrong ones only: which of them scores
    highest is no matter of right or wrong. Such a prompt makes many pairs, so that its accuracy by pair is not that of
    the leaderboard, which asks that all correct responses of a prompt outscore all wrong ones, and adds a part for
    margins. All pairs of a prompt are resampled together.

    Raises:
        RewardDataError: a column is missing, lists differ in length, or a cell is not what it must be.
    """
    cells = table.cells
    require(table, ("id", "chosen", "rejected") if "chosen" in cells else ("id", "text"), NAME)
    model, subset = models(table), subsets(table)
    prompt_id = within(subset, names(table, "id"))
    rows = [
        {"row": row, "model": by, "pair_id": f"{prompt}/{places}", "prompt_id": prompt, "subset": part, **pair}
        for (row, cell), by, prompt, part in zip(cells.iterrows(), model, prompt_id, subset, strict=True)
        for places, pair in _pairs_of_prompt(table, row, cell)
    ]
    return checked(pd.DataFrame(rows, dtype=object).set_index("row"), PAIRS, table, WRITTEN_AS)


def _pairs_of_prompt(table: Table, row: int, cell: pd.Series) -> Iterator[tuple[str, dict]]:
    scores, texts, correct = _responses(table, row, cell)
    if len(scores) != len(texts):
        raise failure(table, row, "scores", f"{len(scores)} scores for {len(texts)} responses; give one for each")
    if not 0 < correct < len(scores):
        raise failure(
            table, row, "num_correct", f"{correct} of {len(scores)} responses; one must be correct, one wrong"
        )
    texts, _ = split_conversations(texts, cell.get("prompt"))
    for chosen in range(correct):
        for rejected in range(correct, len(scores)):
            yield (
                f"{chosen}-{rejected}",
                {
                    "chosen_score": scores[chosen],
                    "rejected_score": scores[rejected],
                    "chosen_text": texts[chosen],
                    "rejected_text": texts[rejected],
                },
            )


def _responses(table: Table, row: int, cell: pd.Series) -> tuple[list, list, int]:
    """Scores and texts, the correct ones first, and how many those are."""
    chosen, rejected = _listed(cell.get("chosen")), _listed(cell.get("rejected"))
    if "scores_rejected" in cell:
        right = _listed(cell.get("scores_chosen"))
        scores, correct = right + _listed(cell["scores_rejected"]), len(right)
    else:
        scores, correct = _listed(cell["scores"]), len(chosen) or 1
    texts = cell["text"] if "text" in cell else chosen + rejected
    given = cell.get("num_correct", correct)
    if not is_finite(given) or given != int(given):
        raise failure(table, row, "num_correct", f"{shown(given)} is no whole number; tell how many are correct")
    opened = [score[0] if isinstance(score, list) and len(score) == 1 else score for score in scores]
    return opened, _listed(texts), int(given)


def _listed(value: object) -> list:
    if isinstance(value, list):
        return value
    return [] if value is None or value != value else [value]
