"""The critical temperature of one series under each definition, with its interval."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nbutils.climate.breakpoints.blocks import Blocks, interval
from nbutils.climate.breakpoints.dead_band import dead_band_replicates, fit_dead_band
from nbutils.climate.breakpoints.minima import (
    Minimum,
    adjusted_values,
    binned_median_minimum,
    gam_minimum,
    lowess_minimum,
)
from nbutils.climate.breakpoints.normalised import Normalised
from nbutils.climate.breakpoints.sorted_days import sort_days
from nbutils.climate.breakpoints.spline import SplineFit, refit_spline
from nbutils.climate.breakpoints.two_segments import fit_two_segments, two_segment_replicates

# Each with the shape, among those that `compare_shapes` compares, that it is a part of.
DEFINITIONS = {
    "breakpoint": "two_segments",
    "dead_band_low": "dead_band",
    "dead_band_high": "dead_band",
    "lowess_minimum": "",
    "gam_minimum": "spline",
    "binned_median_minimum": "",
}
MINIMA = tuple(name for name in DEFINITIONS if name.endswith("_minimum"))
SURE = 0.95


@dataclass(frozen=True)
class Estimate:
    """A critical temperature and what is known of it.

    Attributes:
        tc: degrees C; NaN where there is none.
        low: lower end of the 95 % interval.
        high: upper end.
        at_edge: too few days on one side; for a minimum, not above it at both edges in over 5 % of the resamples.
        turns: share of the resamples that fall below and rise above.
        slope_below: % of the yearly mean per degree C; NaN for a minimum.
        slope_above: the same.
    """

    tc: float = np.nan
    low: float = np.nan
    high: float = np.nan
    at_edge: bool = False
    turns: float = np.nan
    slope_below: float = np.nan
    slope_above: float = np.nan


def estimates(
    definitions: Sequence[str],
    series: Normalised,
    spline: SplineFit,
    blocks: Blocks,
    generator: np.random.Generator,
) -> dict[str, Estimate]:
    """Estimates by definition; what several share is fitted once, what none asks for not at all.

    Args:
        definitions: of `DEFINITIONS`.
        series: as of `normalised`.
        spline: as of `fit_spline`.
        blocks: as of `draw_blocks`.
        generator: for what is drawn beside the days.
    """
    found = {}
    if "breakpoint" in definitions:
        found["breakpoint"] = _breakpoint(series, blocks)
    if "dead_band_low" in definitions or "dead_band_high" in definitions:
        found["dead_band_low"], found["dead_band_high"] = _dead_band(series, blocks)
    if set(definitions) & set(MINIMA):
        found |= _minima(definitions, series, spline, blocks, generator)
    return found


def _breakpoint(series: Normalised, blocks: Blocks) -> Estimate:
    fit = fit_two_segments(series.temperature_c, series.percent, series.covariates)
    days = sort_days(series.temperature_c, series.covariates)
    tc, below, above = two_segment_replicates(days, series.percent, blocks.counts)[:, 0, :3].T
    shared = fit.at_edge, _turning_share(below, above), fit.slope_below, fit.slope_above
    return _estimate(fit.breakpoint, tc, blocks, *shared)


def _dead_band(series: Normalised, blocks: Blocks) -> tuple[Estimate, Estimate]:
    fit = fit_dead_band(series.temperature_c, series.percent, series.covariates)
    days = sort_days(series.temperature_c, series.covariates)
    low, high, below, above = dead_band_replicates(days, series.percent, blocks.counts)[:, 0, :4].T
    shared = fit.at_edge, _turning_share(below, above), fit.slope_below, fit.slope_above
    return _estimate(fit.low, low, blocks, *shared), _estimate(fit.high, high, blocks, *shared)


def _minima(
    definitions: Sequence[str],
    series: Normalised,
    spline: SplineFit,
    blocks: Blocks,
    generator: np.random.Generator,
) -> dict[str, Estimate]:
    curves, effects = refit_spline(
        spline, series.temperature_c, series.percent, series.covariates, blocks.counts, generator
    )
    adjusted = adjusted_values(series.percent, series.covariates, spline.effects)
    resampled = adjusted_values(series.percent, series.covariates, effects)
    found = {}
    if "gam_minimum" in definitions:
        found["gam_minimum"] = gam_minimum(series.temperature_c, spline, curves)
    if "lowess_minimum" in definitions:
        found["lowess_minimum"] = lowess_minimum(series.temperature_c, adjusted, resampled, blocks.counts)
    if "binned_median_minimum" in definitions:
        found["binned_median_minimum"] = binned_median_minimum(series.temperature_c, adjusted, resampled, blocks.counts)
    return {name: _of_minimum(minimum, blocks) for name, minimum in found.items()}


def _of_minimum(minimum: Minimum, blocks: Blocks) -> Estimate:
    if np.isnan(minimum.tc):
        return Estimate(at_edge=True)
    return _estimate(minimum.tc, minimum.resampled, blocks, minimum.turns < SURE, minimum.turns)


def _estimate(tc: float, resampled: np.ndarray, blocks: Blocks, *others: float) -> Estimate:
    low, high = interval(np.array(tc), resampled, blocks.stretch)
    return Estimate(tc, float(low), float(high), *others)


def _turning_share(below: np.ndarray, above: np.ndarray) -> float:
    return float(np.mean((below < 0) & (above > 0)))
