"""Which column of a user's table holds what."""

from collections.abc import Mapping

import pandas as pd

from nbutils.climate.errors import ClimateDataError

NAMES = {
    "date": ("date", "datetime", "time", "day"),
    "country": ("country",),
    "sector": ("sector",),
    "value": ("value",),
    "temperature_c": ("temperature_c", "temperature", "temp", "t2m"),
    "is_holiday": ("is_holiday",),
    "is_shock": ("is_shock",),
}
NO_VALUES = ("timestamp", "temp")


def known_columns(
    table: pd.DataFrame, columns: Mapping[str, str] | None, source: str
) -> tuple[pd.DataFrame, dict[str, str]]:
    """The columns that are understood, under our names, and the name that each had.

    Names are compared without regard to case. Where none is `value`, the only numeric column that is left is taken.

    Args:
        table: as read.
        columns: our names to those in the table.
        source: what messages call the table.

    Raises:
        ClimateDataError: there is no column of dates, one that `columns` names is missing, or several may be `value`.
    """
    found = {}
    for ours, theirs in (columns or {}).items():
        if ours not in NAMES or theirs not in table.columns:
            unknown = f"'{ours}' is no column of ours" if ours not in NAMES else f"{source} has no column '{theirs}'"
            raise ClimateDataError(f"{unknown}: choose from {', '.join(NAMES if ours not in NAMES else table.columns)}")
        found[ours] = theirs
    lower = {name.casefold(): name for name in reversed(table.columns)}
    for ours, usual in NAMES.items():
        present = [lower[name] for name in usual if name in lower]
        if present and ours not in found:
            found[ours] = present[0]
    if "date" not in found:
        raise ClimateDataError(f"{source} has no column date among {', '.join(table.columns)}: name it with `columns`")
    if "value" not in found:
        left = [name for name in table.columns if name not in found.values() and _may_be_value(name, table[name])]
        if len(left) > 1:
            raise ClimateDataError(
                f"{source} has no column value: say with columns={{'value': ...}} which of {', '.join(left)} it is"
            )
        found |= dict(zip(["value"], left, strict=False))
    return table[list(found.values())].set_axis(list(found), axis=1), found


def _may_be_value(name: str, column: pd.Series) -> bool:
    numeric = pd.to_numeric(column, errors="coerce").notna() | column.isna()
    return not any(word in name.casefold() for word in NO_VALUES) and bool(numeric.all())
