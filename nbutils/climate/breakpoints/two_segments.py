"""Continuous two-segment least squares: the breakpoint with the least residual sum of squares of all, exactly."""

from dataclasses import dataclass

import numpy as np
from numba import njit

from nbutils.climate.breakpoints.hinge_scan import best_hinge
from nbutils.climate.breakpoints.linear_part import at_edge, level_and_effects
from nbutils.climate.breakpoints.sorted_days import SortedDays, checked_values, checked_weights, sort_days
from nbutils.climate.breakpoints.weighted_basis import drawn_days, left_over, weighted_basis


@dataclass(frozen=True)
class TwoSegments:
    """Two straight lines that meet.

    Attributes:
        breakpoint: degrees C.
        slope_below: unit of the values per degree C.
        slope_above: the same.
        level: value at the breakpoint where all covariates are zero.
        effects: [q] coefficients of the covariates.
        rss: weighted residual sum of squares.
        line_rss: the same of one straight line and the covariates.
        at_edge: fewer than 5 % of the days are on one side, or none further out was allowed.
    """

    breakpoint: float
    slope_below: float
    slope_above: float
    level: float
    effects: np.ndarray
    rss: float
    line_rss: float
    at_edge: bool

    def curve(self, temperature: np.ndarray) -> np.ndarray:
        """Values at `temperature` (degrees C) where all covariates are zero."""
        off = np.asarray(temperature, dtype=float) - self.breakpoint
        return self.level + self.slope_below * np.minimum(off, 0) + self.slope_above * np.maximum(off, 0)


def fit_two_segments(
    temperature: np.ndarray,
    value: np.ndarray,
    covariates: np.ndarray | None = None,
    weights: np.ndarray | None = None,
    *,
    fewest: int = 10,
) -> TwoSegments:
    """The global least-squares fit of two lines that meet, covariates in the same fit (Hudson 1966).

    Args:
        temperature: [n] degrees C, in any order, ties allowed.
        value: [n].
        covariates: [n, q] such as `design` makes, without a constant.
        weights: [n] not negative; one each when left out.
        fewest: weight of the days at or below, and at or above, a breakpoint that is considered.

    Raises:
        ValueError: as for `sort_days`; a value or weight is no number; no breakpoint is allowed.
    """
    days = sort_days(temperature, covariates)
    value, weights = checked_values(days, value), checked_weights(days, weights)
    knot, below, above, gain = two_segment_replicates(days, value, weights[None], fewest=fewest)[0, 0]
    if np.isnan(knot):
        raise ValueError(
            f"no temperature has {fewest} days on either side and more than one temperature among them: "
            f"give more than {len(days.order)} days, or a lower `fewest`."
        )
    off = np.asarray(temperature, dtype=float) - knot
    rest = value - below * np.minimum(off, 0) - above * np.maximum(off, 0)
    level, effects, rss = level_and_effects(rest, covariates, weights)
    return TwoSegments(
        breakpoint=float(knot),
        slope_below=float(below),
        slope_above=float(above),
        level=level,
        effects=effects,
        rss=rss,
        line_rss=rss + float(gain),
        at_edge=at_edge(off, weights, fewest),
    )


def two_segment_replicates(days: SortedDays, values: np.ndarray, counts: np.ndarray, *, fewest: int = 10) -> np.ndarray:
    """Two-segment fits of several series under several weightings of the same days.

    Args:
        days: as of `sort_days`.
        values: [n] or [n, m], one column per series, days in their own order.
        counts: [R, n] how often each day is drawn, or any weights, days in their own order.
        fewest: as for `fit_two_segments`.

    Returns:
        [R, m, 4] breakpoint (degrees C), slope below and slope above (unit of the values per degree C), and the fall of
        the residual sum of squares from one straight line; NaN where a replicate allows no breakpoint.
    """
    values = np.asarray(values, dtype=float).reshape(len(days.order), -1)[days.order]
    fits = _replicates(
        days.order, days.temperature, days.columns, values, np.asarray(counts), float(fewest), days.scale
    )
    fits[..., 0] += days.centre
    return fits


@njit(cache=True, nogil=True)
def _replicates(order, x, columns, values, counts, fewest, scale):
    fits = np.empty((len(counts), values.shape[1], 4))
    for b in range(len(counts)):
        fits[b] = _fits(x, columns, values, counts[b][order].astype(np.float64), fewest, scale)
    return fits


@njit(cache=True, nogil=True)
def _fits(x, columns, values, weights, fewest, scale):
    """Breakpoint, slopes and gain [m, 4] of every series under one weighting."""
    x, columns, values, weights = drawn_days(x, columns, values, weights)
    basis, slope = weighted_basis(columns, weights)
    gain, knot = best_hinge(x, weights, basis, left_over(basis, weights, values), fewest)
    fits = np.full((len(gain), 4), np.nan)
    for s in range(len(gain)):
        if gain[s] > 0:
            line, bend = _line_and_bend(x, weights, basis, values[:, s], knot[s])
            line *= slope / scale
            fits[s] = np.array([knot[s], line, line + bend, gain[s]])
    return fits


@njit(cache=True, nogil=True)
def _line_and_bend(x, weights, basis, value, knot):
    """Coefficients of the last column of the basis and of max(x - knot, 0) in the fit of both."""
    p = basis.shape[1]
    on_value, on_hinge = np.zeros(p), np.zeros(p)
    product = square = 0.0
    for i in range(len(x)):
        hinge = max(x[i] - knot, 0.0)
        product += weights[i] * hinge * value[i]
        square += weights[i] * hinge * hinge
        for k in range(p):
            on_value[k] += weights[i] * value[i] * basis[i, k]
            on_hinge[k] += weights[i] * hinge * basis[i, k]
    bend = (product - np.dot(on_hinge, on_value)) / (square - np.dot(on_hinge, on_hinge))
    return on_value[-1] - bend * on_hinge[-1], bend
