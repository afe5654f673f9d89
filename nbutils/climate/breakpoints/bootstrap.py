"""Breakpoints, thresholds and slopes with block-bootstrap intervals."""

import numpy as np
import pandas as pd

from nbutils.climate.breakpoints.blocks import draw_blocks, interval
from nbutils.climate.breakpoints.dead_band import dead_band_replicates, fit_dead_band
from nbutils.climate.breakpoints.sorted_days import sort_days
from nbutils.climate.breakpoints.two_segments import fit_two_segments, two_segment_replicates

TWO_SEGMENTS = ("breakpoint", "slope_below", "slope_above")
DEAD_BAND = ("low", "high", "slope_below", "slope_above")


def two_segment_intervals(
    temperature: np.ndarray,
    value: np.ndarray,
    covariates: np.ndarray | None = None,
    *,
    block_days: int | None = None,
    resamples: int = 400,
    level: float = 0.95,
    seed: int = 0,
) -> pd.DataFrame:
    """The two-segment fit with block-bootstrap intervals.

    Args:
        temperature: [n] degrees C, days in the order of time.
        value: [n].
        covariates: [n, q] such as `design` makes, without a constant.
        block_days: length of the blocks; None to choose it from the residuals.
        resamples: number of bootstrap samples.
        level: share of series whose interval covers the truth.
        seed: of the draw.

    Returns:
        One row per `quantity` ("breakpoint" in degrees C, "slope_below" and "slope_above" in units of the values per
        degree C): `quantity`, `estimate`, `low`, `high`, `block_days`.

    Raises:
        ValueError: as for `fit_two_segments` and `draw_blocks`.
    """
    return _intervals(
        TWO_SEGMENTS,
        fit_two_segments,
        two_segment_replicates,
        (temperature, value, covariates),
        {"block_days": block_days, "resamples": resamples, "seed": seed},
        level,
    )


def dead_band_intervals(
    temperature: np.ndarray,
    value: np.ndarray,
    covariates: np.ndarray | None = None,
    *,
    block_days: int | None = None,
    resamples: int = 400,
    level: float = 0.95,
    seed: int = 0,
) -> pd.DataFrame:
    """The dead-band fit with block-bootstrap intervals.

    Args:
        temperature: [n] degrees C, days in the order of time.
        value: [n].
        covariates: [n, q] such as `design` makes, without a constant.
        block_days: length of the blocks; None to choose it from the residuals.
        resamples: number of bootstrap samples.
        level: share of series whose interval covers the truth.
        seed: of the draw.

    Returns:
        As `two_segment_intervals`; the quantities are "low" and "high" in degrees C, "slope_below" and "slope_above".

    Raises:
        ValueError: as for `fit_dead_band` and `draw_blocks`.
    """
    return _intervals(
        DEAD_BAND,
        fit_dead_band,
        dead_band_replicates,
        (temperature, value, covariates),
        {"block_days": block_days, "resamples": resamples, "seed": seed},
        level,
    )


def _intervals(quantities, fit_model, fit_replicates, data, drawing, level):
    temperature, value, covariates = data
    fit = fit_model(*data)
    residuals = np.asarray(value) - fit.curve(temperature)
    if covariates is not None:
        residuals -= np.asarray(covariates) @ fit.effects
    blocks = draw_blocks(residuals, 1 + len(quantities) + len(fit.effects), **drawing)
    replicates = fit_replicates(sort_days(temperature, covariates), value, blocks.counts)[:, 0, : len(quantities)]
    estimate = np.array([getattr(fit, name) for name in quantities])
    low, high = interval(estimate, replicates, blocks.stretch, level)
    return pd.DataFrame(
        {"quantity": quantities, "estimate": estimate, "low": low, "high": high, "block_days": blocks.days}
    )
