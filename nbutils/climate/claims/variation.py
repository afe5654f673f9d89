"""Claims about how far the days of a year differ."""

import pandas as pd

from nbutils.climate.io.countries import country_key
from nbutils.climate.published import PUBLISHED_RANGE, PUBLISHED_RANGE_YEAR
from nbutils.statistics.finding import record
from nbutils.statistics.verdicts import near

TOLERANCE = 5.0


def range_finding(country: str, ranges: pd.DataFrame) -> dict[str, object]:
    """The paper's daily range of a country in 2022, to within five points.

    Args:
        country: of `PUBLISHED_RANGE`.
        ranges: of `daily_range`; may be empty. Simulated countries are other countries.
    """
    figure = PUBLISHED_RANGE[country]
    claim = {
        "claim": f"The days of {country} differ by {figure:.0f} % of the mean in {PUBLISHED_RANGE_YEAR}",
        "quantity": "largest less smallest day over the year's mean",
        "unit": "%",
        "paper": figure,
    }
    rows = ranges
    if len(ranges):
        same = ranges["country"].map(country_key) == country_key(country)
        rows = ranges[same & (ranges["year"] == PUBLISHED_RANGE_YEAR) & (ranges["smoothing_days"] == 1)]
    if rows.empty:
        reason = f"no real series of it with all of {PUBLISHED_RANGE_YEAR}: set `series` to one"
        return record(**claim, verdict="not testable here", reason=reason)
    row = rows.iloc[0]
    verdict, reason = near((row["low"], row["high"]), (figure, figure), TOLERANCE)
    return record(
        **claim,
        measured=row["range_percent"],
        interval=(row["low"], row["high"]),
        null=row["calendar_percent"],
        verdict=verdict,
        reason=f"{reason}; null: season, weekday and holidays alone",
        n=row["n"],
    )
