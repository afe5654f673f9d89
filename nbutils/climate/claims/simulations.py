"""Claims that need a known truth and are therefore made of simulations."""

import pandas as pd
from scipy.stats import binomtest

from nbutils.climate.breakpoints.definitions import MINIMA
from nbutils.statistics import mean_interval
from nbutils.statistics.finding import record
from nbutils.statistics.verdicts import above

LEVEL = 0.05
LARGEST_ERROR_C = 1.0
FEWEST_SERIES = 6
VERDICTS = {"below": "holds", "above": "fails", "around": "not testable here"}


def recovery_finding(recovered: pd.DataFrame) -> dict[str, object]:
    """That planted breakpoints are recovered to within one degree, in the mean over series.

    Holds when Student's interval over series lies below one degree, fails when it lies above, and is open in between.

    Args:
        recovered: of `recovery`; minima are other quantities and are passed over.
    """
    rows = recovered[recovered["definition"] == "breakpoint"].dropna(subset=["error"])
    kinks = recovered[~recovered["definition"].isin(MINIMA)].dropna(subset=["error"])
    error = rows["error"].abs().to_numpy()
    claim = {
        "claim": "Simulation: planted breakpoints are recovered to within 1 °C",
        "quantity": "distance of the breakpoint from the planted one, mean over series",
        "unit": "degrees C",
        "null": LARGEST_ERROR_C,
        "n": len(rows),
    }
    if len(rows) < FEWEST_SERIES:
        reason = f"{len(rows)} series with a planted breakpoint are too few; {FEWEST_SERIES} are needed"
        return record(**claim, verdict="not testable here", reason=reason)
    low, high = mean_interval(error)
    lies = "below" if high < LARGEST_ERROR_C else "above" if low > LARGEST_ERROR_C else "around"
    return record(
        **claim,
        measured=error.mean(),
        interval=(max(low, 0.0), high),
        verdict=VERDICTS[lies],
        reason=f"the interval lies {lies} 1 °C; {rows['covered'].sum()} of {len(rows)} intervals of breakpoints reach "
        f"the planted temperature, {kinks['covered'].sum()} of {len(kinks)} with the ends of dead bands",
    )


def existence_finding(thresholds: pd.DataFrame, planted: pd.DataFrame) -> dict[str, object]:
    """That the test tells series with a planted bend from straight ones, better than a coin.

    Args:
        thresholds: of `thresholds`, of which simulated series are looked at.
        planted: the truth.
    """
    claim = {
        "claim": "Simulation: the existence test tells planted bends from straight lines",
        "quantity": "series told right",
        "unit": "share",
        "null": 0.5,
    }
    rows = thresholds[thresholds["definition"] == "breakpoint"].merge(
        planted[["country", "sector", "shape"]], on=["country", "sector"]
    )
    bends, found = rows["shape"] != "none", rows["p_exists"] <= LEVEL
    told = int((bends == found).sum())
    if len(rows) < FEWEST_SERIES:
        return record(**claim, verdict="not testable here", reason=f"{len(rows)} series are too few", n=len(rows))
    low, high = binomtest(told, len(rows)).proportion_ci()
    return record(
        **claim,
        measured=told / len(rows),
        interval=(low, high),
        verdict=above((low, high), 0.5)[0],
        reason=f"{(bends & found).sum()} of {bends.sum()} planted bends are found, and {(~bends & found).sum()} of "
        f"{(~bends).sum()} straight lines are taken for bent at the 5 % level",
        n=len(rows),
    )
