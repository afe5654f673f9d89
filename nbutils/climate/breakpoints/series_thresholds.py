"""The rows of one series in the table of thresholds."""

import zlib
from collections.abc import Sequence

import numpy as np
import pandas as pd

from nbutils.climate.breakpoints.blocks import draw_blocks
from nbutils.climate.breakpoints.definitions import DEFINITIONS, Estimate, estimates
from nbutils.climate.breakpoints.existence import breakpoint_test
from nbutils.climate.breakpoints.normalised import normalised
from nbutils.climate.breakpoints.selection import compare_shapes, folds_of, residuals
from nbutils.climate.breakpoints.spline import fit_spline

LEVEL = 0.05
SHORT_DAYS = 365
CIRCULAR_SECTOR = "residential"


def series_thresholds(
    rows: pd.DataFrame,
    definitions: Sequence[str],
    *,
    block_days: int | None,
    resamples: int,
    seed: int,
    smoothing_days: int,
) -> pd.DataFrame:
    """The table of `thresholds` of the days of one country and sector, but for their names."""
    series = normalised(rows, smoothing_days=smoothing_days)
    given = series.temperature_c, series.percent, series.covariates
    # Drawn from the names, so that a series has the same intervals whatever else is in the table.
    country, sector = str(rows["country"].iloc[0]), str(rows["sector"].iloc[0])
    generator = np.random.default_rng([seed, zlib.crc32(f"{country}/{sector}".encode())])
    exists = breakpoint_test(*given, seed=int(generator.integers(2**32)))
    folds = folds_of(series)
    spline = fit_spline(*given, folds)
    shapes = compare_shapes(series, spline, folds).set_index("model")
    blocks = draw_blocks(
        residuals(series, spline), spline.degrees, block_days=block_days, resamples=resamples, seed=generator
    )

    report = list(series.report)
    bends = exists.p <= LEVEL
    if bends:
        found = estimates(definitions, series, spline, blocks, generator)
    else:
        found = dict.fromkeys(definitions, Estimate())
        report.append(f"A straight line is not rejected (p = {exists.p:.2g}): no threshold.")

    of_series = {
        "no_breakpoint": not bends,
        "circular": CIRCULAR_SECTOR in sector.lower(),
        "short": len(series.date) < SHORT_DAYS,
    }
    table = [
        {
            "definition": definition,
            "tc": found[definition].tc,
            "low": found[definition].low,
            "high": found[definition].high,
            "slope_below": found[definition].slope_below,
            "slope_above": found[definition].slope_above,
            "turns": found[definition].turns,
            "p_exists": exists.p if definition == "breakpoint" else np.nan,
            "bic": shapes["bic"].get(DEFINITIONS[definition], np.nan),
            "cv_error": shapes["cv_error"].get(DEFINITIONS[definition], np.nan),
            "n": len(series.date),
            "block_days": blocks.days,
            "flags": ";".join(
                flag for flag, raised in ({"at_edge": found[definition].at_edge} | of_series).items() if raised
            ),
        }
        for definition in definitions
    ]
    result = pd.DataFrame(table)
    result.attrs["report"] = report
    return result
