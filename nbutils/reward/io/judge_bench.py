"""JudgeBench: two responses A and B to a question, one of them objectively right (Tan et al., arXiv 2410.12784)."""

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd

from nbutils.reward.io.table import Table, failure, names, require, shown, within
from nbutils.reward.io.validation import PAIRS, checked, is_finite

NAME = "JudgeBench output"
NEEDED = ("pair_id", "source", "response_A", "response_B", "label")
WRITTEN_AS = {"prompt_id": "original_id", "subset": "source", "chosen_score": "scores", "rejected_score": "scores"}
LABELS = ("A>B", "B>A")


def recognises(cells: pd.DataFrame) -> bool:
    """Whether the columns are those of JudgeBench."""
    return "response_A" in cells or "response_B" in cells


def pairs_in(table: Table) -> pd.DataFrame:
    """Pairs scored by a reward model.

    Scores are read from `scores`, those of A and B, or from `judgments`, of which the second has A and B swapped: where
    there are two, each response's mean is taken. `subset` is `source` without the discipline of MMLU-Pro
    ("mmlu-pro-law" is "mmlu-pro"), which leaves the four parts that the paper reports. `prompt_id` is
    "<source>/<original_id>", and the pair itself where there is no `original_id`. The model is the one that judged, and
    else the one that the file is named after.

    Raises:
        RewardDataError: a column is missing, a judge gave no scores, or a cell is not what it must be.
    """
    require(table, NEEDED, NAME)
    cells = table.cells
    pair_id, source = names(table, "pair_id"), names(table, "source")
    question = within(source, names(table, "original_id")) if "original_id" in cells else pair_id
    rows = pd.DataFrame([_judged(table, row, cell) for row, cell in cells.iterrows()], index=cells.index, dtype=object)
    rows = rows.assign(
        pair_id=pair_id,
        prompt_id=question,
        subset=source.map(lambda name: re.sub("^mmlu-pro-.*", "mmlu-pro", name) if isinstance(name, str) else name),
    )
    return checked(rows, PAIRS, table, WRITTEN_AS)


def _judged(table: Table, row: int, cell: pd.Series) -> dict:
    if cell["label"] not in LABELS:
        raise failure(table, row, "label", f"{shown(cell['label'])} is neither A>B nor B>A; drop the pair")
    scores, model = _scores(table, row, cell)
    chosen, rejected = (0, 1) if cell["label"] == "A>B" else (1, 0)
    texts = (cell["response_A"], cell["response_B"])
    return {
        "model": model,
        "chosen_score": scores[chosen],
        "rejected_score": scores[rejected],
        "chosen_text": texts[chosen],
        "rejected_text": texts[rejected],
    }


def _scores(table: Table, row: int, cell: pd.Series) -> tuple[tuple[object, object], str]:
    """The scores of A and B, and the model that gave them."""
    named = cell.get("model")
    model = named if isinstance(named, str) else _judge_in_name(table.model)
    if isinstance(cell.get("scores"), list):
        return _two(table, row, "scores", cell["scores"]), model
    given = []
    for order, judgment in enumerate(cell["judgments"] if isinstance(cell.get("judgments"), list) else []):
        judged = judgment.get("judgment") if isinstance(judgment, Mapping) else None
        if isinstance(judged, Mapping) and isinstance(judged.get("scores"), list):
            scores = _two(table, row, "judgments", judged["scores"])
            given.append(scores[::-1] if order % 2 else scores)
            model = judged.get("judge_model") or model
    if not given:
        raise failure(
            table, row, "judgments", "no scores; only the output of reward models (judge_name reward_model) has them"
        )
    return tuple(np.mean(given, axis=0)), model


def _two(table: Table, row: int, column: str, scores: list) -> tuple[float, float]:
    opened = [score[0] if isinstance(score, list) and len(score) == 1 else score for score in scores]
    if len(opened) != 2 or not all(map(is_finite, opened)):
        raise failure(table, row, column, f"{shown(scores)} are not the scores of A and B; write two finite numbers")
    return tuple(map(float, opened))


def _judge_in_name(name: str) -> str:
    found = re.search(r"judge_model=([^,/]+)", name)
    return found[1] if found else name
