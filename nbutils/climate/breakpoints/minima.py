"""The temperature of least emissions, by three curves through the same covariate-adjusted days.

A minimum is another quantity than a breakpoint: where the two slopes differ, a smooth curve is lowest on the gentler
side of the kink (up to 3.6 degrees away on real series), so each definition goes by its own name.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit

from nbutils.climate.breakpoints.spline import SplineFit, spline_curve
from nbutils.statistics.lowess import neighbours, weighted_fit

GRID_POINTS = 61


@dataclass(frozen=True)
class Minimum:
    """Where a curve is lowest, in a series and in its resamples.

    Attributes:
        tc: degrees C; NaN where the curve is lowest at the edge of the temperatures looked at.
        resampled: [R] degrees C; the edge itself where a resample's curve is lowest there.
        turns: share of the resamples that are higher than at `tc` at both edges: little where the curve is flat on one
            side; NaN where `tc` is.
    """

    tc: float
    resampled: np.ndarray
    turns: float


def adjusted_values(value: np.ndarray, covariates: np.ndarray, effects: np.ndarray) -> np.ndarray:
    """Partial residuals: values less what weekday, holiday, trend and year add to those of an average day.

    Args:
        value: [n].
        covariates: [n, q].
        effects: [..., q] coefficients from the joint fit, or from its resamples.

    Returns:
        [..., n].
    """
    return value - effects @ (covariates - covariates.mean(0)).T


def inner_grid(temperature: np.ndarray) -> np.ndarray:
    """Temperatures at which curves are compared: evenly from the 2nd to the 98th percentile."""
    return np.linspace(*np.quantile(temperature, [0.02, 0.98]), GRID_POINTS)


def gam_minimum(temperature: np.ndarray, fit: SplineFit, curves: np.ndarray) -> Minimum:
    """Minimum of the spline of an additive model.

    Args:
        temperature: [n] degrees C.
        fit: of the series.
        curves: [R, k] coefficients of the resamples' curves (`refit_spline`).
    """
    grid = inner_grid(temperature)
    return _minimum(grid, spline_curve(fit, grid, np.vstack([fit.curve, curves])))


def lowess_minimum(
    temperature: np.ndarray, adjusted: np.ndarray, resampled: np.ndarray, counts: np.ndarray, *, frac: float = 0.5
) -> Minimum:
    """Minimum of a LOWESS curve.

    Without robust iterations: they would cost four times the time, and days known to be odd are masked before.
    Resamples are weighted fits with the neighbourhoods of the series itself. Neighbourhoods that widen and narrow with
    the seasons that a resample happens to draw, which are the same every year, would make intervals half as wide again.

    Args:
        temperature: [n] degrees C.
        adjusted: [n] values without the effects of the covariates.
        resampled: [R, n] the same with the effects of each resample.
        counts: [R, n] how often each day is in each resample.
        frac: share of the days in a local line.
    """
    values = np.vstack([adjusted, resampled])
    weights = np.vstack([np.ones(len(adjusted)), counts])
    grid = inner_grid(temperature)
    return _minimum(grid, lowess_curves(temperature, values, weights, grid, frac=frac))


def lowess_curves(
    temperature: np.ndarray, values: np.ndarray, weights: np.ndarray, grid: np.ndarray, *, frac: float = 0.5
) -> np.ndarray:
    """LOWESS curves [r, g] at `grid` [g] of values [r, n] with weights [r, n], lines a hundredth of the range apart."""
    design = neighbours(temperature, frac=frac, delta=0.01 * np.ptp(temperature))
    fits = (weighted_fit(design, value, weight) for value, weight in zip(values, weights, strict=True))
    return np.array([np.interp(grid, design.values, fit) for fit in fits])


def binned_median_minimum(
    temperature: np.ndarray, adjusted: np.ndarray, resampled: np.ndarray, counts: np.ndarray, *, least_days: int = 20
) -> Minimum:
    """Minimum of the medians of one-degree bins, averaged over three neighbouring bins.

    Args:
        temperature: [n] degrees C.
        adjusted: [n] values without the effects of the covariates.
        resampled: [R, n] the same with the effects of each resample.
        counts: [R, n] how often each day is in each resample.
        least_days: a bin with fewer days is not looked at.
    """
    degree = np.floor(temperature)
    bins, sizes = np.unique(degree, return_counts=True)
    bins = bins[sizes >= least_days]
    if len(bins) < 3:
        return Minimum(np.nan, np.full(len(counts), np.nan), np.nan)
    inside = np.isin(degree, bins)
    number = np.searchsorted(bins, degree[inside])
    values = np.vstack([adjusted, resampled])[:, inside]
    counts = np.vstack([np.ones(len(adjusted), dtype=counts.dtype), counts])[:, inside]
    return _minimum(bins + 0.5, _running_mean(_medians(number, values, counts, len(bins))))


def _minimum(grid: np.ndarray, curves: np.ndarray) -> Minimum:
    """Minima of curves [1 + R, g] on `grid` [g], the series itself first; between the points by a parabola."""
    lowest = curves.argmin(1)
    edge = (lowest == 0) | (lowest == len(grid) - 1)
    row, middle = np.arange(len(curves)), np.clip(lowest, 1, len(grid) - 2)
    before, least, after = (curves[row, middle + step] for step in (-1, 0, 1))
    bend = before - 2 * least + after
    shift = np.divide(before - after, 2 * bend, out=np.zeros(len(curves)), where=~edge & (bend > 0) & np.isfinite(bend))
    found = np.interp(lowest + shift, np.arange(len(grid)), grid)
    if edge[0]:
        return Minimum(np.nan, found[1:], np.nan)
    at, ends = curves[1:, lowest[0]], curves[1:, [0, -1]]
    return Minimum(float(found[0]), found[1:], float((ends > at[:, None]).all(1).mean()))


def _running_mean(medians: np.ndarray) -> np.ndarray:
    """Mean of each bin and its neighbours [..., b], bins without days passed over; infinite where all three are."""
    padded = np.pad(medians, [(0, 0), (1, 1)], constant_values=np.nan)
    three = np.stack([padded[:, :-2], padded[:, 1:-1], padded[:, 2:]])
    there = np.isfinite(three).sum(0)
    return np.divide(np.nansum(three, 0), there, out=np.full(medians.shape, np.inf), where=there > 0)


@njit(cache=True, nogil=True)
def _medians(number, values, counts, bins):
    """Medians [r, bins] of values [r, n] that occur counts [r, n] times in the bins numbered `number` [n]."""
    medians = np.full((len(values), bins), np.nan)
    for row in range(len(values)):
        ends = np.zeros(bins + 1, dtype=np.int64)
        for day in range(len(number)):
            ends[number[day] + 1] += counts[row, day]
        ends = np.cumsum(ends)
        filled = ends[:-1].copy()
        sorted_by_bin = np.empty(ends[-1])
        for day in range(len(number)):
            for _ in range(counts[row, day]):
                sorted_by_bin[filled[number[day]]] = values[row, day]
                filled[number[day]] += 1
        for one in range(bins):
            if ends[one + 1] > ends[one]:
                medians[row, one] = np.median(sorted_by_bin[ends[one] : ends[one + 1]])
    return medians
