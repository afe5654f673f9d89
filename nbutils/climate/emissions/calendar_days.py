"""Days of the year that mean the same date in leap years and in others, and years that count as whole."""

import numpy as np
import pandas as pd

YEAR_DAYS = 366
FEWEST_DAYS_OF_YEAR = 360


def calendar_day(dates: pd.DatetimeIndex) -> np.ndarray:
    """Number of each date in a calendar of 366 days: 29 February is 60 and 1 March is 61 in every year.

    Args:
        dates: [n].

    Returns:
        [n] integers from 1 to 366.
    """
    day = dates.day_of_year.to_numpy()
    return day + (~dates.is_leap_year & (day >= 60))
