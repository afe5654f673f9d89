"""One series made ready for fits: in % of its yearly mean, smoothed like its temperature, days of shocks left out."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from nbutils.climate.breakpoints.design import design

COMPLETE_YEAR = 300
FEWEST_DAYS = 60


@dataclass(frozen=True)
class Normalised:
    """The usable days of one series, in the order of time.

    Attributes:
        date: [n] datetime64, days with gaps.
        percent: [n] value in % of the mean of its year.
        temperature_c: [n] degrees C.
        covariates: [n, q] weekday, holiday, trend and year columns, without a constant.
        report: sentences on what was left out or made up.
    """

    date: np.ndarray
    percent: np.ndarray
    temperature_c: np.ndarray
    covariates: np.ndarray
    report: tuple[str, ...]


def normalised(series: pd.DataFrame, *, smoothing_days: int = 1) -> Normalised:
    """Makes one series ready for fits.

    Value, temperature and covariates go through the same centred running mean, so that none is smoother than another.
    A window that touches a gap or a day of a shock is left out whole.

    Args:
        series: the rows of one country and sector in a table of days: `date`, `value`, `temperature_c`, `is_holiday`,
            and `is_shock` where shocks are known.
        smoothing_days: length of the running mean, odd; 1 for none.

    Raises:
        ValueError: fewer than 60 usable days, a constant value or temperature, or a year whose mean is not positive.
    """
    if smoothing_days < 1 or smoothing_days % 2 != 1:
        raise ValueError(f"smoothing_days is {smoothing_days}: give an odd number of days, 1 for no smoothing.")
    by_date = series.set_index("date")
    percent, report = _percent_of_year(by_date["value"].dropna())
    if "is_shock" in series and series["is_shock"].any():
        report.append(f"{series['is_shock'].sum()} days of shocks are left out.")
        percent = percent[~by_date["is_shock"].reindex(percent.index).astype(bool)]

    calendar = pd.date_range(series["date"].min(), series["date"].max())
    on_calendar = by_date.reindex(calendar)
    covariates = design(calendar, on_calendar["is_holiday"].eq(True).to_numpy())
    table = np.column_stack([percent.reindex(calendar), on_calendar["temperature_c"], covariates])
    smooth = pd.DataFrame(table).rolling(smoothing_days, center=True).mean().to_numpy()
    usable = np.isfinite(smooth).all(1)
    smooth = smooth[usable]
    if len(smooth) < FEWEST_DAYS:
        raise ValueError(f"{len(smooth)} usable days are too few for a threshold; {FEWEST_DAYS} are needed.")
    if np.ptp(smooth[:, 1]) <= 1e-9:
        raise ValueError(f"temperature_c is {smooth[0, 1]:g} on every day: give the temperature of each day.")
    if np.ptp(smooth[:, 0]) <= 1e-9:
        raise ValueError("value is the same share of its year's mean on every day: give the value of each day.")
    # A mean of seven days has no weekday left, a year of shocks no year.
    varying = np.ptp(smooth, axis=0) > 1e-9
    return Normalised(
        date=calendar.to_numpy()[usable],
        percent=smooth[:, 0],
        temperature_c=smooth[:, 1],
        covariates=smooth[:, 2:][:, varying[2:]],
        report=tuple(report),
    )


def _percent_of_year(value: pd.Series) -> tuple[pd.Series, list[str]]:
    """Values in % of the mean of their year, and what to say of years that are not complete.

    The mean of a part of a year has the season of that part. Its year's level is what makes its mean that of the same
    months in complete years.
    """
    year, month = value.index.year, value.index.month
    level = value.groupby(year).mean()
    days = value.groupby(year).size()
    if (level <= 0).any():
        bad = level.index[level <= 0][0]
        raise ValueError(f"the mean of {bad} is {level[bad]:g}, of which no % can be taken.")
    complete = days.index[days >= COMPLETE_YEAR]
    partial = days.index[days < COMPLETE_YEAR]
    if not len(partial):
        return 100 * value / level.reindex(year).to_numpy(), []
    if not len(complete):
        return 100 * value / value.mean(), ["No year is complete: values are in % of the mean of all days."]

    relative = value / level.reindex(year).to_numpy()
    season = relative[year.isin(complete)].groupby(month[year.isin(complete)]).mean()
    season = season.reindex(range(1, 13)).fillna(1.0)
    expected = pd.Series(season.reindex(month).to_numpy(), index=value.index).groupby(year).mean()
    level = level.where(~level.index.isin(partial), level / expected)
    said = [f"{one} has {days[one]} days; its level is that of the same months of other years." for one in partial]
    return 100 * value / level.reindex(year).to_numpy(), said
