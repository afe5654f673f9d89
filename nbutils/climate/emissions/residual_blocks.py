"""Intervals of predicted ratios, from residuals of the same season drawn in blocks of a month."""

import numpy as np
import pandas as pd

from nbutils.climate.emissions.calendar_days import YEAR_DAYS, calendar_day
from nbutils.statistics import percentile_interval

SEASON_DAYS = 45


def ratio_interval(ratio: pd.Series, residuals: pd.Series, resamples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """95 % interval for the ratio of each day, under the constraint that a month's ratios have a mean of 1.

    For each month, blocks of as many days as it has are drawn from the residuals whose middle lies within 45 days of
    the month's middle in the calendar, so that errors keep their season and their run from day to day. They are added
    to the predicted ratios, which are set to 0 below 0 and brought to a mean of 1.

    Args:
        ratio: predicted, by date; whole months.
        residuals: observed less predicted ratio of years left out, by date.
        resamples: blocks drawn for each month.
        seed: of the draw.

    Returns:
        Lower and upper end [n].
    """
    generator = np.random.default_rng(seed)
    errors, day = residuals.to_numpy(), calendar_day(residuals.index)
    ends = []
    for _, month in ratio.groupby(ratio.index.to_period("M")):
        length = len(month)
        starts = _same_season(day, calendar_day(month.index)[length // 2], length // 2)
        block = generator.choice(starts, resamples)[:, None] + np.arange(length)
        drawn = np.clip(month.to_numpy() + errors[block % len(errors)], 0, None)
        mean = drawn.mean(1, keepdims=True)
        ends.append(percentile_interval(np.divide(drawn, mean, out=np.ones_like(drawn), where=mean > 0)))
    low, high = (np.concatenate(side) for side in zip(*ends, strict=True))
    return low, high


def _same_season(day: np.ndarray, middle: int, half: int) -> np.ndarray:
    """Positions at which a block begins whose day `half` later is near `middle`; all positions where there is none."""
    apart = np.abs(np.roll(day, -half) - middle)
    near = np.flatnonzero(np.minimum(apart, YEAR_DAYS - apart) <= SEASON_DAYS)
    return near if len(near) else np.arange(len(day))
