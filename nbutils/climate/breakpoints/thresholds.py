"""The table of critical temperatures: every country, sector and definition, with intervals."""

from collections.abc import Sequence
from functools import partial

import pandas as pd

from nbutils.climate.breakpoints.definitions import DEFINITIONS
from nbutils.climate.breakpoints.in_parallel import for_each_series
from nbutils.climate.breakpoints.series_thresholds import series_thresholds


def thresholds(
    days: pd.DataFrame,
    definitions: Sequence[str] = tuple(DEFINITIONS),
    *,
    block_days: int | None = None,
    resamples: int = 200,
    seed: int = 0,
    smoothing_days: int = 1,
    workers: int | None = None,
) -> pd.DataFrame:
    """Critical temperatures of each country and sector under each definition.

    Every definition sees the same days: in % of the yearly mean, shocks left out, weekday, holiday, trend and year in
    the same fit. Where a straight line is not rejected at 5 %, no definition gives a temperature.

    Args:
        days: one row per country, sector and date: `date`, `country`, `sector`, `value`, `temperature_c`, `is_holiday`,
            and `is_shock` where shocks are known.
        definitions: of "breakpoint", "dead_band_low", "dead_band_high", "lowess_minimum", "gam_minimum" and
            "binned_median_minimum".
        block_days: length of the blocks of the bootstrap; None to choose it from the autocorrelation of each series.
        resamples: bootstrap samples for the intervals.
        seed: of the bootstrap; each series has its own generator, whatever else is in the table.
        smoothing_days: running mean of values and temperatures alike, odd; 1 for none.
        workers: series fitted at the same time; None for one per core.

    Returns:
        One row per country, sector and definition:
        `country`, `sector`, `definition`;
        `tc` (degrees C; NaN where there is none) with `low` and `high` (95 %, moving blocks);
        `slope_below`, `slope_above` (% of the yearly mean per degree C; breakpoint and dead band);
        `turns` (share of the resamples that fall below and rise above);
        `p_exists` (of a straight line; breakpoint);
        `bic`, `cv_error` (as of `compare_shapes`; breakpoint, dead band and GAM);
        `n`, `block_days` (days);
        `flags` (words joined by ";"): "at_edge" for a breakpoint with few days on one side and a curve that is flat or
        lowest on one side, "no_breakpoint", "circular" for a residential sector, whose emissions are themselves made
        from temperature, "short" for less than a year.
        `attrs["report"]`: sentences on what was left out or made up, and on series without a threshold.

    Raises:
        ValueError: a column is missing, a definition is unknown, a setting is out of range, or a series has fewer than
            60 usable days, a constant temperature or a yearly mean that is not positive; the message names it.
    """
    _check(definitions, block_days, resamples)
    fit = partial(
        series_thresholds,
        definitions=definitions,
        block_days=block_days,
        resamples=resamples,
        seed=seed,
        smoothing_days=smoothing_days,
    )
    return for_each_series(days, fit, "thresholds", workers)


def _check(definitions: Sequence[str], block_days: int | None, resamples: int) -> None:
    unknown = [name for name in definitions if name not in DEFINITIONS]
    if unknown or not definitions:
        named = f"'{unknown[0]}' is no definition" if unknown else "no definition is named"
        raise ValueError(f"{named}: choose from {', '.join(DEFINITIONS)}.")
    if block_days is not None and block_days < 1:
        raise ValueError(f"block_days is {block_days}: give a number of days, or None to choose it.")
    if resamples < 40:
        raise ValueError(f"resamples is {resamples}: a 95 % interval needs at least 40, better 200.")
