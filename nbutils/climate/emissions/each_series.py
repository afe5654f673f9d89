"""The same computation for every country and sector, on all cores where that pays."""

from collections.abc import Callable

import pandas as pd
from joblib import Parallel, cpu_count, delayed
from threadpoolctl import threadpool_limits

from nbutils.progress import progress


def each_series(
    days: pd.DataFrame,
    function: Callable[[pd.DataFrame], pd.DataFrame],
    description: str,
    *,
    fewest_for_workers: int,
) -> pd.DataFrame:
    """Applies `function` to the days of each country and sector, in order of appearance, and stacks its tables.

    Args:
        days: table with `country` and `sector`.
        function: from the rows of one series to a table; of a module, so that other processes can be handed it.
        description: of the progress bar.
        fewest_for_workers: number of series from which on other processes are worth the seconds that they take to
            start.

    Returns:
        The tables below one another, with `country` and `sector` in front; `attrs["report"]` holds the sentences of
        all of them, each led by its series.
    """
    series = list(days.groupby(["country", "sector"], observed=True, sort=False))
    workers = min(cpu_count(), len(series)) if len(series) >= fewest_for_workers else 1
    results = Parallel(n_jobs=workers, return_as="generator")(delayed(function)(rows) for _, rows in series)
    tables, report = [], []
    # On a few thousand days threads wait for one another longer than they work.
    with threadpool_limits(1):
        for (country, sector), _ in progress(series, description):
            table = next(results)
            report += [f"{country}, {sector}: {sentence}" for sentence in table.attrs.pop("report", [])]
            table.insert(0, "country", country)
            table.insert(1, "sector", sector)
            tables.append(table)
    stacked = pd.concat(tables, ignore_index=True)
    stacked.attrs["report"] = report
    return stacked
