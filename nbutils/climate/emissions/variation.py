"""How far days of a year differ: the daily range (Li et al., arXiv 2407.20057), and the calendar behind a heat map."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd

from nbutils.climate.emissions.calendar_days import FEWEST_DAYS_OF_YEAR
from nbutils.climate.emissions.each_series import each_series
from nbutils.climate.errors import ClimateDataError
from nbutils.statistics import percentile_interval

HARMONICS = 2
LONGEST = 180


def daily_range(
    days: pd.DataFrame,
    *,
    smoothing_days: Sequence[int] = (1, 7),
    resamples: int = 500,
    block_days: int = 28,
    seed: int = 0,
) -> pd.DataFrame:
    """Largest less smallest day over the mean of each year, as it is and after running means.

    A range is an extreme, which plain resampling of days can only make smaller. So the year is taken apart by least
    squares into season (two harmonics), weekday and holiday, and the rest, whose blocks are drawn anew; the interval
    is for the range to be expected of a year with this season and week: the range found, less how far the drawn
    ranges lie from their mean. It covers 94 to 96 % of simulated years, and 91 % for weekly means of residuals with an
    autocorrelation of 0.8.

    Args:
        days: daily emissions; shocks count, as in the paper.
        smoothing_days: lengths of the running means, 1 for none; within each year.
        resamples: years drawn.
        block_days: length of the blocks.
        seed: of the draws.

    Returns:
        One row per country, sector, length and year: `country`, `sector`, `smoothing_days`, `year`, `range_percent`
        (of the year's mean) with `low` and `high` (95 %), `calendar_percent` (range of season, weekday and holiday
        alone, without weather and noise), `n` (days). `attrs["report"]` tells of years left out for having fewer than
        360 days.

    Raises:
        ClimateDataError: a year's mean is not positive, or a length of days is not possible.
    """
    for length in (*smoothing_days, block_days):
        if not 1 <= length <= LONGEST:
            raise ClimateDataError(f"{length} days for a running mean or a block: give 1 to {LONGEST}.")
    measure = partial(
        _series_range, smoothing_days=smoothing_days, resamples=resamples, block_days=block_days, seed=seed
    )
    return each_series(days, measure, "daily range", fewest_for_workers=6)


def calendar_table(days: pd.DataFrame) -> pd.DataFrame:
    """Each day's place in a calendar and its value against the mean of its year.

    Args:
        days: daily emissions.

    Returns:
        One row per country, sector and day: `country`, `sector`, `date`, `year`, `week` (0 holds 1 January; a new one
        begins on Mondays), `weekday` (0 Monday), `relative` (% above the mean of the year's days).

    Raises:
        ClimateDataError: a year's mean is not positive.
    """
    year = days["date"].dt.year
    first_weekday = pd.to_datetime(year.astype(str) + "-01-01").dt.day_of_week
    mean = days.groupby(["country", "sector", year], observed=True)["value"].transform("mean")
    _check_positive(days, mean)
    return days[["country", "sector", "date"]].assign(
        year=year,
        week=(days["date"].dt.day_of_year - 1 + first_weekday) // 7,
        weekday=days["date"].dt.day_of_week,
        relative=100 * (days["value"] / mean - 1),
    )


def _series_range(
    series: pd.DataFrame, smoothing_days: Sequence[int], resamples: int, block_days: int, seed: int
) -> pd.DataFrame:
    known = series.dropna(subset=["value"])
    rows, left_out = [], []
    for year, part in known.groupby(known["date"].dt.year):
        if len(part) < FEWEST_DAYS_OF_YEAR:
            left_out.append(str(year))
            continue
        mean = part["value"].mean()
        _check_positive(part, pd.Series(mean, index=part.index))
        percent = 100 * (part["value"] / mean).to_numpy()
        calendar = _calendar_course(percent, part)
        drawn = calendar + _drawn_blocks(percent - calendar, resamples, block_days, seed + year)
        for length in smoothing_days:
            value, ranges = _range(percent, length), _range(drawn, length)
            low, high = percentile_interval(ranges)
            rows.append(
                {
                    "smoothing_days": length,
                    "year": year,
                    "range_percent": value,
                    "low": value - (high - ranges.mean()),
                    "high": value + (ranges.mean() - low),
                    "calendar_percent": _range(calendar, length),
                    "n": len(part),
                }
            )
    columns = ["smoothing_days", "year", "range_percent", "low", "high", "calendar_percent", "n"]
    table = pd.DataFrame(rows, columns=columns).sort_values(["smoothing_days", "year"], ignore_index=True)
    if left_out:
        said = f"years with fewer than {FEWEST_DAYS_OF_YEAR} days have no range: {', '.join(left_out)}."
        table.attrs["report"] = [said]
    return table


def _check_positive(days: pd.DataFrame, mean: pd.Series) -> None:
    if (mean <= 0).any():
        first = days.loc[mean <= 0].iloc[0]
        raise ClimateDataError(
            f"{first['country']}, {first['sector']}: the mean of {first['date'].year} is not positive, so that no % of "
            "it can be taken: leave the year out."
        )


def _calendar_course(percent: np.ndarray, part: pd.DataFrame) -> np.ndarray:
    """Least-squares course [n] of season, weekday and holiday in one year of values [n]."""
    angle = 2 * np.pi * part["date"].dt.day_of_year.to_numpy()[:, None] / 365.25 * np.arange(1, HARMONICS + 1)
    weekdays = part["date"].dt.day_of_week.to_numpy()[:, None] == np.arange(7)
    design = np.column_stack([np.sin(angle), np.cos(angle), weekdays, part["is_holiday"]]).astype(float)
    return design @ np.linalg.lstsq(design, percent)[0]


def _drawn_blocks(rest: np.ndarray, resamples: int, block_days: int, seed: int) -> np.ndarray:
    """[resamples, n] blocks of consecutive days of `rest` [n], taken as a circle, end to end."""
    n = len(rest)
    blocks = -(-n // block_days)
    starts = np.random.default_rng(seed).integers(n, size=(resamples, blocks, 1))
    return rest[((starts + np.arange(block_days)) % n).reshape(resamples, -1)[:, :n]]


def _range(values: np.ndarray, length: int) -> np.ndarray:
    """Largest less smallest running mean over `length` days along the last axis of values [..., n]."""
    sums = np.cumsum(np.concatenate([np.zeros((*values.shape[:-1], 1)), values], axis=-1), axis=-1)
    means = (sums[..., length:] - sums[..., :-length]) / length
    return means.max(-1) - means.min(-1)
