"""One running mean for emissions and temperature alike."""

import pandas as pd

from nbutils.climate.errors import ClimateDataError

SMOOTHED = ["value", "temperature_c"]


def smoothed(days: pd.DataFrame, window_days: int) -> pd.DataFrame:
    """Days with the same centred running mean of `value` and `temperature_c`.

    A threshold depends on the window, so both series get the same. Days whose window is not complete, at the ends and
    beside gaps, are left out and reported; a day is a holiday or shock if any in its window is.

    Args:
        days: as `read_days` gives them.
        window_days: odd number of calendar days; 1 changes nothing.

    Raises:
        ClimateDataError: the window is even, not positive or longer than every series.
    """
    if window_days < 1 or window_days % 2 == 0:
        raise ClimateDataError(f"a window of {window_days} days has no middle: give an odd number such as 7")
    if window_days == 1:
        return days
    parts = [_smoothed(series, window_days) for _, series in days.groupby(["country", "sector"], observed=True)]
    smooth = pd.concat(parts, ignore_index=True)
    if smooth.empty:
        raise ClimateDataError(f"no series has {window_days} days in a row: give a shorter window")
    said = (
        f"Emissions and temperature are centred means of {window_days} days; {len(days) - len(smooth)} rows fell out."
    )
    smooth.attrs = days.attrs | {"report": [*days.attrs.get("report", ()), said]}
    return smooth


def _smoothed(series: pd.DataFrame, window_days: int) -> pd.DataFrame:
    flags = [name for name in ("is_holiday", "is_shock") if name in series]
    by_day = series.set_index("date")
    numbers = by_day[[*SMOOTHED, *flags]].astype(float).asfreq("D")
    rolling = numbers.rolling(window_days, center=True)
    means = rolling[SMOOTHED].mean().dropna()
    marked = rolling[flags].max().loc[means.index] > 0
    rest = by_day.loc[means.index].drop(columns=[*SMOOTHED, *flags])
    return pd.concat([rest, means, marked], axis=1).reset_index()[list(series.columns)]
