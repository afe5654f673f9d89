"""Days that a series lacks between its first and its last."""

import pandas as pd

MOST_NAMED = 5


def missing_days(days: pd.DataFrame) -> pd.DataFrame:
    """How many days each series lacks.

    Args:
        days: `country`, `sector`, `date`, sorted.

    Returns:
        One row per series: `country`, `sector`, `first`, `last`, `days` (rows), `gaps` (days that are missing between
        first and last), `longest_gap` (most missing days in a row).
    """
    grouped = days.groupby(["country", "sector"], observed=True)["date"]
    table = grouped.agg(first="min", last="max", days="size")
    table["gaps"] = (table["last"] - table["first"]).dt.days + 1 - table["days"]
    table["longest_gap"] = grouped.apply(_longest_gap)
    return table.reset_index()


def gap_sentences(days: pd.DataFrame) -> list[str]:
    """What is missing, in one sentence for gaps and one for leap days."""
    table = missing_days(days)
    lacking = table[table["gaps"] > 0]
    sentences = []
    if len(lacking):
        named = [f"{row.country} {row.sector} {row.gaps}" for row in lacking.head(MOST_NAMED).itertuples()]
        more = f" and {len(lacking) - MOST_NAMED} more series" if len(lacking) > MOST_NAMED else ""
        sentences.append(f"Missing days are left so: {', '.join(named)}{more}.")
    leap = days["date"].dt.is_leap_year & days["date"].dt.month.isin([2, 3])
    if leap.any() and not ((days["date"].dt.month == 2) & (days["date"].dt.day == 29)).any():
        around = days.loc[leap, "date"].dt.day_of_year
        if (around < 60).any() and (around > 60).any():
            sentences.append("No series has a 29 February: the source leaves leap days out.")
    return sentences


def _longest_gap(dates: pd.Series) -> int:
    return int(dates.diff().dt.days.max() - 1) if len(dates) > 1 else 0
