"""The part of the days that each section of `co2_thresholds` needs, and what it measures there."""

from typing import NamedTuple

import pandas as pd

from nbutils.climate.emissions.back_cast import back_cast_days
from nbutils.climate.emissions.calendar_days import FEWEST_DAYS_OF_YEAR
from nbutils.climate.emissions.extremes import extreme_trends, extremes_by_year
from nbutils.climate.emissions.known_days import back_cast_skill
from nbutils.climate.emissions.skill import skill_by_year, skill_over_years
from nbutils.climate.emissions.temperature_percentiles import FEWEST_BASE_YEARS, whole_year_thresholds
from nbutils.climate.emissions.variation import calendar_table, daily_range
from nbutils.climate.io.calendar import COVID_PERIODS
from nbutils.climate.io.tables import TEMPERATURE_DERIVED
from nbutils.climate.parameters import years_in
from nbutils.climate.simulated import monthly_totals

BASE_YEARS = 30
TRAINING_YEARS = 6
SERIES = ["country", "sector"]
HOT = (90.0,)


class BackCast(NamedTuple):
    """A back-cast of known years; both tables are empty where no series has four whole years.

    Attributes:
        cast: as of `back_cast_days`, with `known` (value of the day).
        skill: as of `back_cast_skill`.
    """

    cast: pd.DataFrame
    skill: pd.DataFrame


class Extremes(NamedTuple):
    """Days of extreme temperature; both tables are empty where no country has ten whole base years.

    Attributes:
        by_year: as of `extremes_by_year`.
        trends: as of `extreme_trends`.
    """

    by_year: pd.DataFrame
    trends: pd.DataFrame


def last_years(days: pd.DataFrame, years: int) -> pd.DataFrame:
    """The days of the last calendar years of each series."""
    last = days.groupby(SERIES, observed=True)["date"].transform("max").dt.year
    kept = days[days["date"].dt.year > last - years]
    kept.attrs = days.attrs
    return kept


def main_series(days: pd.DataFrame) -> pd.DataFrame:
    """The days of one sector of each country: the total, or else the first that is not made from temperature."""

    def rank(sector: str) -> tuple[bool, bool]:
        return sector != "total", sector in TEMPERATURE_DERIVED

    sectors = days[SERIES].drop_duplicates().astype(str)
    main = {country: min(rows["sector"], key=rank) for country, rows in sectors.groupby("country", sort=False)}
    kept = days[days["sector"].astype(str) == days["country"].astype(str).map(main)]
    kept.attrs = days.attrs
    return kept


def out_of_year_scores(days: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """`skill_by_year` of the last six years of each series that has two whole years; empty without one.

    Of the shocks only upheavals are left out: what recurs every year, such as the Spring Festival, can be learnt.
    """
    learnt = _learnable(days)
    learnt = learnt[_whole_years(learnt) >= 2]
    return skill_by_year(last_years(learnt, TRAINING_YEARS), seed=seed) if len(learnt) else pd.DataFrame()


def over_years(by_year: pd.DataFrame) -> pd.DataFrame:
    """`skill_over_years`; empty for an empty table."""
    return by_year if by_year.empty else skill_over_years(by_year)


def back_cast_by_month(days: pd.DataFrame, resamples: int = 200, seed: int = 0) -> BackCast:
    """Back-casts the early years of each series from their monthly totals, and scores it by the days that are known.

    The model learns from the last six years, at most half of all; series of less than four whole years are passed over.

    Args:
        days: known days.
        resamples: draws behind the intervals.
        seed: of the draws and the model.
    """
    known = _learnable(days)
    whole = _whole_years(known)
    known, whole = known[whole >= 4], whole[whole >= 4]
    if known.empty:
        return BackCast(pd.DataFrame(), pd.DataFrame())
    last = known.groupby(SERIES, observed=True)["date"].transform("max").dt.year
    recent = known["date"].dt.year > last - (whole // 2).clip(upper=TRAINING_YEARS)
    early = known[~recent].drop(columns="is_shock")
    cast = back_cast_days(known[recent], monthly_totals(early), early, resamples=resamples, seed=seed)
    truth = early[[*SERIES, "date", "value"]].astype({"country": str, "sector": str})
    skill = back_cast_skill(cast, truth)
    with_truth = cast.astype({"country": str, "sector": str}).merge(
        truth.rename(columns={"value": "known"}), on=[*SERIES, "date"], how="left"
    )
    return BackCast(with_truth, skill)


def calendars(days: pd.DataFrame) -> pd.DataFrame:
    """`calendar_table` of the last whole year of each series; empty without one."""
    whole = days[_is_whole_year(days)]
    return calendar_table(last_years(whole, 1)) if len(whole) else pd.DataFrame()


def ranges(days: pd.DataFrame, resamples: int = 200, seed: int = 0) -> pd.DataFrame:
    """`daily_range` of whole years; empty without one."""
    whole = days[_is_whole_year(days)]
    return daily_range(whole, resamples=resamples, seed=seed) if len(whole) else pd.DataFrame()


def extremes(days: pd.DataFrame, base_period: str = "") -> Extremes:
    """Emissions beyond the tenth and the ninetieth percentile of a base period.

    Args:
        days: known days.
        base_period: such as "1991-2020"; "" for the first thirty years of all days.
    """
    first = int(days["date"].dt.year.min())
    base = years_in(base_period) or (first, first + BASE_YEARS - 1)
    whole = _is_whole_year(days) & days["date"].dt.year.between(*base)
    year = days["date"].dt.year[whole]
    found = year.groupby(days.loc[whole, "country"].astype(str)).nunique()
    kept = days[days["country"].astype(str).isin(found.index[found >= FEWEST_BASE_YEARS])]
    if kept.empty:
        return Extremes(pd.DataFrame(), pd.DataFrame())
    by_year = extremes_by_year(kept, whole_year_thresholds(kept, base=base, percentiles=HOT))
    return Extremes(by_year, extreme_trends(by_year))


def _learnable(days: pd.DataFrame) -> pd.DataFrame:
    upheaval = pd.Series(False, index=days.index)
    for first, last in COVID_PERIODS:
        upheaval |= days["date"].between(first, last)
    return days.assign(is_shock=days["is_shock"] & upheaval)


def _is_whole_year(days: pd.DataFrame) -> pd.Series:
    size = days.groupby([*SERIES, days["date"].dt.year], observed=True)["date"].transform("size")
    return size >= FEWEST_DAYS_OF_YEAR


def _whole_years(days: pd.DataFrame) -> pd.Series:
    """Number of whole years of each row's series."""
    year = days["date"].dt.year.where(_is_whole_year(days))
    return year.groupby([days["country"], days["sector"]], observed=True).transform("nunique")
