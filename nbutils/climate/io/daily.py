"""One row per series and day, from rows that may be doubled or hourly."""

from collections.abc import Sequence

import pandas as pd

from nbutils.climate.errors import ClimateDataError

SMALLEST_SHARE_OF_DAY = 0.75


def daily_means(rows: pd.DataFrame, keys: Sequence[str]) -> tuple[pd.DataFrame, pd.Series, list[str]]:
    """Rows of the same moment merged, and several moments of a day averaged.

    Where days have several rows, partial days are dropped, as at the two ends after a change of the time zone.

    Args:
        rows: `keys`, `moment`, `date` and any number of numeric columns; the index counts rows.
        keys: columns that name a series.

    Returns:
        One row per series and `date`, sorted, with the numeric columns; the number of doubled rows by series; and
        sentences.

    Raises:
        ClimateDataError: two rows of the same moment differ.
    """
    numbers = [name for name in rows.columns if name not in {*keys, "moment", "date"}]
    distinct = rows.drop_duplicates([*keys, "moment", *numbers])
    clash = distinct.duplicated([*keys, "moment"], keep="first")
    if clash.any():
        second = distinct.loc[clash.idxmax()]
        same = (distinct[[*keys, "moment"]] == second[[*keys, "moment"]]).all(axis=1)
        label = " ".join(str(second[key]) for key in keys)
        raise ClimateDataError(
            f"rows {same.idxmax()} and {second.name} give different values for {label} on "
            f"{second['moment']:%Y-%m-%d %H:%M}: take one of them out"
        )
    doubled = rows.drop(distinct.index).groupby(list(keys), observed=True).size()
    sentences = [f"{doubled.sum()} doubled rows were dropped."] if len(doubled) else []
    grouped = distinct.groupby([*keys, "date"], observed=True)
    if not distinct.duplicated([*keys, "date"]).any():
        return grouped[numbers].first().reset_index(), doubled, sentences
    means, size = grouped[numbers].mean(), grouped.size()
    partial = is_partial(size, list(keys))
    sentences.append(f"Values are means of up to {size.max()} rows a day.")
    if partial.any():
        sentences.append(f"{partial.sum()} days with less than 75 % of their rows were dropped.")
    return means[~partial].reset_index(), doubled, sentences


def is_partial(size: pd.Series, series: str | list[str]) -> pd.Series:
    """Which days have less than three quarters of the rows that most days of their series have.

    Args:
        size: rows of each day.
        series: what `groupby` takes to tell the series apart.
    """
    usual = size.groupby(series, observed=True).transform(lambda sizes: sizes.mode().iloc[-1])
    return size < SMALLEST_SHARE_OF_DAY * usual
