"""A leaderboard to compare a ranking with."""

import os
from pathlib import Path

import pandas as pd

from nbutils.reward.errors import RewardDataError
from nbutils.reward.io.table import Table, names, numbers, read_table
from nbutils.reward.io.validation import LEADERBOARD, checked

GENERATOR_COLUMNS = ("generator", "model", "name")
RATING_COLUMNS = ("rating", "arena score", "arena elo", "elo", "score")


def read_leaderboard(path: str | os.PathLike, rating: str | None = None) -> pd.DataFrame:
    """Ratings of generators.

    Args:
        path: CSV, JSON, JSON lines or Parquet with a column generator, model or name (capitals are no matter) or an
            unnamed first column, and a column of ratings.
        rating: the column of ratings; None takes rating, arena score, arena elo, elo or score, whichever is there.

    Returns:
        `generator` (str, unique) and `rating` (float64), in the order of the file.

    Raises:
        RewardDataError: a column is missing, a cell is not what it must be, or a generator is rated twice.
    """
    table = read_table(Path(path), Path(path).stem)
    generator_column = _column(table, GENERATOR_COLUMNS, "generators")
    rating_column = _column(table, (rating,) if rating else RATING_COLUMNS, "ratings")
    rows = pd.DataFrame(
        {"generator": names(table, generator_column), "rating": numbers(table, rating_column)}, dtype=object
    )
    rows = checked(rows, LEADERBOARD, table, {"generator": generator_column, "rating": rating_column})
    if (again := rows["generator"].duplicated()).any():
        row = again.idxmax()
        raise RewardDataError(f"{path}, row {row}: '{rows.loc[row, 'generator']}' is rated twice; keep one of its rows")
    return rows.astype({"generator": "str"}).reset_index(drop=True)


def _column(table: Table, wanted: tuple[str, ...], what: str) -> str:
    found = {str(column).lower(): column for column in reversed(table.cells.columns)}
    for name in wanted:
        if name.lower() in found:
            return found[name.lower()]
    first = table.cells.columns[0]
    if wanted is GENERATOR_COLUMNS and str(first).startswith("Unnamed"):
        return first
    raise RewardDataError(
        f"{table.file} has no column of {what}: call it {wanted[0]}; found {', '.join(map(str, table.cells.columns))}"
    )
