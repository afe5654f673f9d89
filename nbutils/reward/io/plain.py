"""The plain table: one row per pair, with scores and texts or characteristics in columns."""

import pandas as pd

from nbutils.reward.errors import RewardDataError
from nbutils.reward.io.table import Table, models, names, numbers, require, subsets
from nbutils.reward.io.validation import PAIRS, checked

NAME = "a plain table"
NEEDED = ("pair_id", "chosen_score", "rejected_score")
SIDES = ("chosen_", "rejected_")
# RewardBench's own data set has the generators of the responses beside them.
NOT_OF_A_RESPONSE = frozenset({"model", "score"})


def recognises(cells: pd.DataFrame) -> bool:
    """Whether the columns are those of a plain table."""
    return "chosen_score" in cells or "rejected_score" in cells


def pairs_in(table: Table) -> pd.DataFrame:
    """Pairs of a plain table.

    Columns: `pair_id`, `chosen_score`, `rejected_score`; `chosen_text` and `rejected_text`, or any characteristic as
    `chosen_<name>` and `rejected_<name>`; where present also `model`, `prompt_id`, `subset`. Further columns are left.

    Raises:
        RewardDataError: a column is missing, or a cell is not what it must be.
    """
    require(table, NEEDED, NAME)
    cells = table.cells
    known = _known_of_responses(table)
    if not known:
        raise RewardDataError(
            f"{table.file} has scores but nothing that they may depend on: add columns chosen_text and rejected_text, "
            "or a characteristic such as chosen_chars and rejected_chars"
        )
    pair_id = names(table, "pair_id")
    rows = pd.DataFrame(
        {
            "model": models(table),
            "pair_id": pair_id,
            "prompt_id": names(table, "prompt_id") if "prompt_id" in cells else pair_id,
            "subset": subsets(table),
        }
        | {side + name: numbers(table, side + name) for name in ("score", *known) if name != "text" for side in SIDES}
        | {side + name: cells[side + name] for name in known if name == "text" for side in SIDES},
        dtype=object,
    )
    return checked(rows, PAIRS, table, {})


def _known_of_responses(table: Table) -> list[str]:
    """What is known of both responses beside their scores: characteristics, and "text"."""
    chosen, rejected = (
        {column.removeprefix(side) for column in table.cells if column.startswith(side)} - NOT_OF_A_RESPONSE
        for side in SIDES
    )
    if one_sided := sorted(chosen ^ rejected):
        name = one_sided[0]
        has, lacks = SIDES if name in chosen else SIDES[::-1]
        raise RewardDataError(f"{table.file} has a column {has}{name} but no {lacks}{name}: add it, or drop the other")
    return sorted(chosen)
