"""What was read, series by series."""

import pandas as pd

from nbutils.climate.io.gaps import missing_days
from nbutils.climate.io.tables import TEMPERATURE_DERIVED


def series_table(days: pd.DataFrame) -> pd.DataFrame:
    """One row per country and sector for a reader who checks the input.

    Args:
        days: as `read_days` gives them.

    Returns:
        `country`, `sector`, `first`, `last`, `days`, `gaps` (missing days), `longest_gap` (in days), `duplicates`
        (doubled rows that were dropped), `holidays`, `shocks` (days), `mean_value` (`unit`), `unit`, `coldest`,
        `warmest` (degrees C), `circular` (whether the emissions are derived from temperature).
    """
    table = missing_days(days)
    dropped = days.attrs.get("duplicates", {})
    pairs = zip(table["country"], table["sector"], strict=True)
    table["duplicates"] = [dropped.get(country, {}).get(sector, 0) for country, sector in pairs]
    grouped = days.assign(is_shock=days.get("is_shock", False)).groupby(["country", "sector"], observed=True)
    numbers = grouped.agg(
        holidays=("is_holiday", "sum"),
        shocks=("is_shock", "sum"),
        mean_value=("value", "mean"),
        coldest=("temperature_c", "min"),
        warmest=("temperature_c", "max"),
    )
    table = table.merge(numbers.reset_index(), on=["country", "sector"])
    table.insert(table.columns.get_loc("mean_value") + 1, "unit", days.attrs.get("unit", ""))
    return table.assign(circular=table["sector"].isin(TEMPERATURE_DERIVED))
