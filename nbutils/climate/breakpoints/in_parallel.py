"""One table for each country and sector, several made at the same time."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
from threadpoolctl import threadpool_limits

from nbutils.progress import progress

REQUIRED = ("date", "country", "sector", "value", "temperature_c", "is_holiday")


def for_each_series(
    days: pd.DataFrame, function: Callable[[pd.DataFrame], pd.DataFrame], description: str, workers: int | None
) -> pd.DataFrame:
    """Tables of all countries and sectors in one, the same whatever the number of workers.

    Threads share the days, and what takes time (compiled loops, linear algebra) runs without Python's lock. The first
    error, or an interrupt, ends it once the series in progress are done.

    Args:
        days: one row per country, sector and date.
        function: makes a table from the rows of one country and sector; its `attrs["report"]` may hold sentences.
        description: of the progress bar.
        workers: threads; None for one per core.

    Returns:
        The tables below each other in the order of the names, with `country` and `sector` as first columns;
        `attrs["report"]` holds the sentences, each with the name of its series.

    Raises:
        ValueError: the days are empty, lack a column or have two rows for one date; or `function` raises it, with the
            name of the series put before.
    """
    missing = [name for name in REQUIRED if name not in days]
    if missing:
        raise ValueError(f"the table of days has no column '{missing[0]}'; it needs {', '.join(REQUIRED)}.")
    if not len(days):
        raise ValueError("the table of days is empty: give at least 60 days of one country and sector.")
    twice = days[days.duplicated(["country", "sector", "date"])]
    if len(twice):
        raise ValueError("{country}, {sector}: {date:%Y-%m-%d} has two rows; keep one.".format(**twice.iloc[0]))

    executor = ThreadPoolExecutor(workers or os.cpu_count())
    # More than one thread in the linear algebra of a series would only compete with the other series.
    with threadpool_limits(1, "blas"):
        try:
            groups = days.groupby(["country", "sector"], observed=True)
            futures = [executor.submit(_named, function, *name, rows) for name, rows in groups]
            tables = [future.result() for future in progress(futures, description)]
        finally:
            executor.shutdown(cancel_futures=True)
    together = pd.concat(tables, ignore_index=True)
    together.attrs = {"report": [sentence for table in tables for sentence in table.attrs["report"]]}
    return together


def _named(
    function: Callable[[pd.DataFrame], pd.DataFrame], country: str, sector: str, rows: pd.DataFrame
) -> pd.DataFrame:
    try:
        table = function(rows)
    except ValueError as error:
        raise ValueError(f"{country}, {sector}: {error}") from error
    table.insert(0, "country", str(country))
    table.insert(1, "sector", str(sector))
    table.attrs["report"] = [f"{country}, {sector}: {sentence}" for sentence in table.attrs.get("report", ())]
    return table
