"""What moves emissions beside temperature: weekday, holidays, the trend and the level of each year, as columns."""

import numpy as np
import pandas as pd

YEAR_DAYS = 365.2425
WEEKDAYS = ("Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def design(dates: pd.DatetimeIndex, is_holiday: np.ndarray) -> pd.DataFrame:
    """Covariate columns of each day, to be fitted together with the temperature curve.

    Columns that do not vary (a single year, no holidays) are left out.

    Args:
        dates: [n] local days.
        is_holiday: [n] bool.

    Returns:
        [n, q] float64, indexed by date: `Tuesday` to `Sunday` against Monday, `holiday`, `trend` (years from the middle
        of the dates) and `2020`, `2021`, ... (each year against the first, 1 or 0).
    """
    years = dates.year.unique().sort_values()
    columns = {name: dates.day_of_week == day for day, name in enumerate(WEEKDAYS, start=1)}
    columns["holiday"] = np.asarray(is_holiday, dtype=bool)
    columns["trend"] = (dates - (dates.min() + (dates.max() - dates.min()) / 2)).days / YEAR_DAYS
    columns |= {str(year): dates.year == year for year in years[1:]}
    table = pd.DataFrame(columns, index=dates).astype(float)
    return table.loc[:, table.nunique() > 1]
