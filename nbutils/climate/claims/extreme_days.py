"""Claims about emissions on days of extreme temperature."""

import pandas as pd

from nbutils.statistics.finding import record
from nbutils.statistics.verdicts import above

FEWEST_YEARS = 20


def extreme_finding(kind: str, trends: pd.DataFrame, simulated: bool) -> dict[str, object]:
    """That the share of the emissions on hot or cold days rises.

    Value and interval are means over series, which is cautious: their trends go up and down together at most.

    Args:
        kind: "hot" or "cold".
        trends: of `extreme_trends`; may be empty.
        simulated: whether the series are.
    """
    told = {
        "claim": f"{'Simulation' if simulated else 'Given series'}: a rising share of emissions falls on {kind} days",
        "quantity": f"trend of the share on {kind} days, mean over series",
        "unit": "% of the year's emissions per decade",
        "paper": "rising",
        "null": 0.0,
    }
    if trends.empty:
        return record(**told, verdict="not testable here", reason="no country has ten whole years in the base period")
    rows = trends[trends["kind"] == kind].set_index("quantity")
    share, excess = rows.loc[["share"]], rows.loc[["excess"]]
    years = int(share["years"].min())
    if years < FEWEST_YEARS:
        return record(
            **told, verdict="not testable here", reason=f"{years} years are too few; {FEWEST_YEARS} are needed"
        )
    interval = share["low"].mean(), share["high"].mean()
    verdict, reason = above(interval, 0.0)
    return record(
        **told,
        measured=share["trend"].mean(),
        interval=interval,
        verdict=verdict,
        reason=f"{reason}; such days become "
        f"{rows.loc[['extreme_days'], 'trend'].mean():+.1f} a year per decade, and their emissions above normal days "
        f"{excess['trend'].mean():+.2f} % of the year's per decade",
        n=years,
    )
