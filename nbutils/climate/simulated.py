"""Made-up countries whose response to temperature is known: the truth that fits, tests and findings compare with.

The names are real so that their public holidays can be used.
"""

import zlib
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.signal import lfilter

from nbutils.climate.errors import ClimateDataError
from nbutils.climate.io.calendar import public_holidays, spring_festival
from nbutils.climate.planted import COUNTRIES, Country

UNIT = "MtCO2 per day"
# Before the name of a country wherever it stands beside real ones.
SIMULATED = "simulated "
TEMPERATURE_RHO = 0.7
WARMING_PER_DECADE_C = 0.25
YEAR_OF_MEAN = 2000
YEAR_DAYS = 365.2425
HOLIDAY_PERCENT = -8.0
SPRING_FESTIVAL_PERCENT = -12.0
SPRING_FESTIVAL_RAMP = ((-7, 0), (0, 1), (6, 1), (14, 0))
DIP_2020_PERCENT = -14.0
DIP_2020_RAMP = ((0, 0), (14, 1), (45, 1), (90, 0))


def simulated_countries(
    countries: Sequence[str] = tuple(COUNTRIES),
    *,
    first_year: int = 1970,
    last_year: int = 2024,
    sectors: Sequence[str] = ("total", "power", "residential"),
    seed: int = 0,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Daily emissions and temperatures with planted thresholds.

    The value of a day is the level of its year, which grows, times one plus the sum in % of the response to
    temperature, the weekend, holidays, the Spring Festival and an AR(1) residual, this sum being zero on the mean of
    every year, so that slopes are in % of the year's mean; the dip of 2020 comes on top. Iceland is too cold to turn
    within its range and Chile does not respond. A country and sector has the same residuals whatever else is asked
    for.

    Args:
        countries: names in `COUNTRIES`.
        first_year: calendar year.
        last_year: calendar year, included.
        sectors: of "total", "power" and "residential"; the total is more than their sum.
        seed: of weather and residuals.

    Returns:
        days: `date`, `country`, `sector`, `value` (MtCO2 per day), `temperature_c`, `is_holiday`, `is_shock` (Spring
            Festival and the dip of 2020), sorted by country, sector and date.
        planted: `country`, `sector`, `shape` ("v", "dead_band" or "none"), `tc` (of a V, degrees C), `low` and `high`
            (of a dead band, degrees C), `slope_below` and `slope_above` (% of the year's mean per degree C), `rho`,
            `sd` (%).

    Raises:
        ClimateDataError: a country or sector is not among the simulated, or the years are none.
    """
    _check(countries, sectors, first_year, last_year)
    dates = pd.date_range(f"{first_year}-01-01", f"{last_year}-12-31", unit="ns")
    blocks = [_days_of(name, sorted(set(sectors)), dates, seed) for name in sorted(set(countries))]
    days = pd.concat(blocks, ignore_index=True)
    for column in ("country", "sector"):
        days[column] = pd.Categorical(days[column], categories=sorted(days[column].unique()))
    days.attrs = {"unit": UNIT, "report": ["These countries are simulated, with known thresholds."]}
    rows = [
        {"country": name, "sector": sector} | COUNTRIES[name].sectors[sector].planted()
        for name in sorted(set(countries))
        for sector in sorted(set(sectors))
    ]
    return days, pd.DataFrame(rows)


def monthly_totals(days: pd.DataFrame) -> pd.DataFrame:
    """Emissions of each month, as an inventory gives them.

    Args:
        days: `country`, `sector`, `date`, `value`.

    Returns:
        One row per country, sector and month: `country`, `sector`, `month` (its first day), `total` (unit of `value`
        times day), `days` (how many were summed).
    """
    month = days["date"].dt.to_period("M").dt.to_timestamp().dt.as_unit("ns").rename("month")
    grouped = days.groupby(["country", "sector", month], observed=True)["value"]
    return grouped.agg(total="sum", days="size").reset_index()


def _check(countries: Sequence[str], sectors: Sequence[str], first_year: int, last_year: int) -> None:
    known = {"country": COUNTRIES, "sector": COUNTRIES["US"].sectors}
    for kind, names in (("country", countries), ("sector", sectors)):
        for name in names:
            if name not in known[kind]:
                raise ClimateDataError(f"no simulated {kind} is called '{name}': choose from {', '.join(known[kind])}")
        if not names:
            raise ClimateDataError(f"no {kind} was asked for: choose from {', '.join(known[kind])}")
    if not 1900 <= first_year <= last_year <= 2100:
        raise ClimateDataError(f"the years {first_year} to {last_year} are none: give a span within 1900 to 2100")


def _days_of(name: str, sectors: Sequence[str], dates: pd.DatetimeIndex, seed: int) -> pd.DataFrame:
    country = COUNTRIES[name]
    temperature = _temperature(name, dates, seed)
    holiday = dates.isin(public_holidays(name, range(dates[0].year, dates[-1].year + 1))[0])
    festival = _ramps(dates, spring_festival(dates.year.unique()), SPRING_FESTIVAL_RAMP)
    festival = festival if country.keeps_spring_festival else np.zeros(len(dates))
    dip = _ramps(dates, pd.DatetimeIndex([country.dip_2020]), DIP_2020_RAMP)
    weekend = np.choose(dates.day_of_week, [0, 0, 0, 0, 0, country.saturday, country.sunday])
    calendar = weekend + HOLIDAY_PERCENT * holiday + SPRING_FESTIVAL_PERCENT * festival
    blocks = []
    for sector in sectors:
        response = country.sectors[sector]
        noise = _ar1(response.rho, response.sd, len(dates), _generator(seed, name, sector))
        percent = response.percent(temperature) + calendar + noise
        percent -= pd.Series(percent).groupby(dates.year).transform("mean").to_numpy()
        value = response.share * _level(country, dates) * (1 + (percent + DIP_2020_PERCENT * dip) / 100)
        blocks.append(
            pd.DataFrame(
                {
                    "date": dates,
                    "country": name,
                    "sector": sector,
                    "value": value,
                    "temperature_c": temperature,
                    "is_holiday": holiday,
                    "is_shock": (festival > 0) | (dip > 0),
                }
            )
        )
    return pd.concat(blocks, ignore_index=True)


def _temperature(name: str, dates: pd.DatetimeIndex, seed: int) -> np.ndarray:
    country = COUNTRIES[name]
    years = (dates - pd.Timestamp(f"{YEAR_OF_MEAN}-01-01")).days.to_numpy() / YEAR_DAYS
    season = -country.amplitude_c * np.cos(2 * np.pi * (years - country.coldest_day / YEAR_DAYS))
    weather = _ar1(TEMPERATURE_RHO, country.weather_sd_c, len(dates), _generator(seed, name, "temperature"))
    return country.mean_c + season + WARMING_PER_DECADE_C * years / 10 + weather


def _level(country: Country, dates: pd.DatetimeIndex) -> np.ndarray:
    years = (dates - pd.Timestamp(f"{YEAR_OF_MEAN}-01-01")).days.to_numpy() / YEAR_DAYS
    peak = country.peak - YEAR_OF_MEAN
    before, after = country.growth
    return country.mt_per_day * np.exp(before * np.minimum(years, peak) + after * np.maximum(years - peak, 0))


def _ramps(dates: pd.DatetimeIndex, starts: pd.DatetimeIndex, ramp: Sequence[tuple[int, float]]) -> np.ndarray:
    """Weights in [0, 1] of days near each start, linear between the points (days from the start, weight)."""
    offsets, weights = zip(*ramp, strict=True)
    return np.sum([np.interp((dates - start).days, offsets, weights) for start in starts], axis=0)


def _ar1(rho: float, sd: float, size: int, generator: np.random.Generator) -> np.ndarray:
    """A stationary AR(1) series of the given standard deviation."""
    shocks = generator.normal(scale=sd * np.sqrt(1 - rho**2), size=size)
    shocks[0] /= np.sqrt(1 - rho**2)
    return lfilter([1.0], [1.0, -rho], shocks)


def _generator(seed: int, *names: str) -> np.random.Generator:
    return np.random.default_rng([seed, zlib.crc32("/".join(names).encode())])
