"""Estimated against planted thresholds."""

import numpy as np
import pandas as pd

from nbutils.climate.breakpoints.definitions import MINIMA


def recovery(thresholds: pd.DataFrame, planted: pd.DataFrame) -> pd.DataFrame:
    """Compares a table of thresholds with the truth of simulated series.

    A breakpoint or minimum is right anywhere in a planted dead band; its ends are right at the kink of a planted V.
    Where the response does not rise there is no minimum and no upper end of a band: these rows are left out. A planted
    straight line is recovered by giving no threshold. The minimum of a smooth curve through a V with unequal slopes is
    off its kink by nature, so that a large error there is no fault of the fit.

    Args:
        thresholds: as of `thresholds`.
        planted: `country`, `sector`, `shape` ("v", "dead_band" or "none"), `tc` (of a V), `low`, `high` (of a dead
            band), `slope_below`, `slope_above`.

    Returns:
        One row per country, sector and definition: `country`, `sector`, `definition`, `shape`, `planted_low` and
        `planted_high` (degrees C, the same for a single temperature; NaN for none), `tc`, `low`, `high` (as estimated),
        `error` (degrees C from the nearest planted temperature; NaN where either is none), `covered` (whether the
        interval reaches a planted temperature; for a planted line, whether no threshold was given).
    """
    table = thresholds.astype({"country": str, "sector": str}).merge(
        planted.astype({"country": str, "sector": str}), on=["country", "sector"], suffixes=("", "_planted")
    )
    low = table["tc_planted"].fillna(table["low_planted"])
    high = table["tc_planted"].fillna(table["high_planted"])
    table["planted_low"] = low.where(table["definition"] != "dead_band_high", high)
    table["planted_high"] = high.where(table["definition"] != "dead_band_low", low)
    nearest = table["tc"].clip(table["planted_low"], table["planted_high"])
    table["error"] = (table["tc"] - nearest).where(table["planted_low"].notna())
    reached = (table["low"] <= table["planted_high"]) & (table["planted_low"] <= table["high"])
    table["covered"] = np.where(table["shape"] == "none", table["tc"].isna(), reached)
    rises = table["slope_above_planted"] > 0
    turns = (table["slope_below_planted"] < 0) & rises
    minimum, upper_end = table["definition"].isin(MINIMA), table["definition"] == "dead_band_high"
    without_target = ((minimum & ~turns) | (upper_end & ~rises)) & (table["shape"] != "none")
    columns = ["country", "sector", "definition", "shape", "planted_low", "planted_high", "tc", "low", "high"]
    return table.loc[~without_target, [*columns, "error", "covered"]].reset_index(drop=True)
