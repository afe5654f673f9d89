"""Least squares with a flat middle: one straight line below a first threshold, another above a second."""

from dataclasses import dataclass

import numpy as np
from numba import njit

from nbutils.climate.breakpoints.dead_band_search import best_band, side_of_knots
from nbutils.climate.breakpoints.linear_part import at_edge, level_and_effects
from nbutils.climate.breakpoints.sorted_days import SortedDays, checked_values, checked_weights, sort_days
from nbutils.climate.breakpoints.weighted_basis import drawn_days, left_over, weighted_basis

EVERY_PAIR = 1500
REPLICATE_KNOTS = 48


@dataclass(frozen=True)
class DeadBand:
    """Two straight lines with a flat band between them.

    Attributes:
        low: degrees C, lower end of the band.
        high: degrees C, its upper end.
        slope_below: unit of the values per degree C.
        slope_above: the same.
        level: value within the band where all covariates are zero.
        effects: [q] coefficients of the covariates.
        rss: weighted residual sum of squares.
        at_edge: fewer than 5 % of the days are below or above the band, or no wider band was allowed.
    """

    low: float
    high: float
    slope_below: float
    slope_above: float
    level: float
    effects: np.ndarray
    rss: float
    at_edge: bool

    def curve(self, temperature: np.ndarray) -> np.ndarray:
        """Values at `temperature` (degrees C) where all covariates are zero."""
        below = np.minimum(np.asarray(temperature, dtype=float) - self.low, 0)
        above = np.maximum(np.asarray(temperature, dtype=float) - self.high, 0)
        return self.level + self.slope_below * below + self.slope_above * above


def fit_dead_band(
    temperature: np.ndarray,
    value: np.ndarray,
    covariates: np.ndarray | None = None,
    weights: np.ndarray | None = None,
    *,
    fewest: int = 10,
) -> DeadBand:
    """The least-squares fit of a continuous curve that is flat between two thresholds, covariates in the same fit.

    Of up to 1500 different temperatures every pair is tried, so that the best pair of days is found; of more, every
    pair of as many evenly spread ones, and then those near the best. Each threshold is then moved to its best place in
    the gaps near its day, exactly. At least one day is within the band, ends included.

    Args:
        temperature: [n] degrees C, in any order, ties allowed.
        value: [n].
        covariates: [n, q] such as `design` makes, without a constant.
        weights: [n] not negative; one each when left out.
        fewest: weight of the days at or below the lower threshold, and at or above the upper, at least.

    Raises:
        ValueError: as for `fit_two_segments`.
    """
    days = sort_days(temperature, covariates)
    value, weights = checked_values(days, value), checked_weights(days, weights)
    low, high, below, above = _fits(days, value, weights[None], fewest, EVERY_PAIR)[0, 0]
    if np.isnan(low):
        raise ValueError(
            f"no temperature has {fewest} days on either side and more than one temperature among them: "
            f"give more than {len(days.order)} days, or a lower `fewest`."
        )
    temperature = np.asarray(temperature, dtype=float)
    rest = value - below * np.minimum(temperature - low, 0) - above * np.maximum(temperature - high, 0)
    level, effects, rss = level_and_effects(rest, covariates, weights)
    return DeadBand(
        low=float(low),
        high=float(high),
        slope_below=float(below),
        slope_above=float(above),
        level=level,
        effects=effects,
        rss=rss,
        at_edge=at_edge(temperature - low, weights, fewest) or at_edge(temperature - high, weights, fewest),
    )


def dead_band_replicates(days: SortedDays, values: np.ndarray, counts: np.ndarray, *, fewest: int = 10) -> np.ndarray:
    """Dead-band fits of several series under several weightings of the same days.

    They start from the pairs of 48 days rather than from every pair. Where the residual sum of squares is flat, a few
    per cent of the fits end in a neighbouring minimum, at most about 0.3 % above the least.

    Args:
        days: as of `sort_days`.
        values: [n] or [n, m], one column per series, days in their own order.
        counts: [R, n] how often each day is drawn, or any weights, days in their own order.
        fewest: as for `fit_dead_band`.

    Returns:
        [R, m, 4] lower and upper threshold (degrees C), slope below and slope above (unit of the values per degree C);
        NaN where a replicate allows no threshold.
    """
    return _fits(days, values, np.asarray(counts), fewest, REPLICATE_KNOTS)


def _fits(days, values, counts, fewest, knots):
    values = np.asarray(values, dtype=float).reshape(len(days.order), -1)[days.order]
    fits = _replicates(days.order, days.temperature, days.covariates, values, counts, float(fewest), knots)
    fits[..., :2] += days.centre
    return fits


@njit(cache=True, nogil=True)
def _replicates(order, x, covariates, values, counts, fewest, knots):
    fits = np.empty((len(counts), values.shape[1], 4))
    for b in range(len(counts)):
        fits[b] = _bands(x, covariates, values, counts[b][order].astype(np.float64), fewest, knots)
    return fits


@njit(cache=True, nogil=True)
def _bands(x, covariates, values, weights, fewest, knots):
    """Thresholds and slopes [m, 4] of every series under one weighting."""
    x, covariates, values, weights = drawn_days(x, covariates, values, weights)
    basis, _ = weighted_basis(covariates, weights)
    residuals = left_over(basis, weights, values)
    left = side_of_knots(x, weights, basis, residuals, fewest, 1)
    right = side_of_knots(x, weights, basis, residuals, fewest, -1)
    bands = np.empty((values.shape[1], 4))
    for s in range(len(bands)):
        bands[s] = best_band(left, right, s, knots)
    return bands
