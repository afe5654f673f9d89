"""Daily emissions with a known response to temperature, weekday and holiday, made in the plainest way."""

import numpy as np
import pandas as pd

WEEKEND = {5: -0.06, 6: -0.10}


def made_days(
    country="A",
    sector="total",
    start="2019-01-01",
    end="2022-12-31",
    turn=15.0,
    heating=0.02,
    cooling=0.03,
    mean=13.0,
    amplitude=11.0,
    warming=0.0,
    noise=0.02,
    rho=0.7,
    holiday=-0.08,
    seed=0,
):
    """Days of one country: value 10 times a V of temperature (share per degree), weekday and holiday, AR(1) noise.

    `warming` is in degrees a decade. Holidays are 1 January and 25 December.
    """
    generator = np.random.default_rng(seed)
    dates = pd.date_range(start, end)
    years = (dates - dates[0]).days.to_numpy() / 365.25
    season = -np.cos(2 * np.pi * (dates.day_of_year - 20) / 365.25)
    temperature = mean + amplitude * season + warming / 10 * years + 3 * ar1(len(dates), 0.7, generator)
    is_holiday = ((dates.month == 12) & (dates.day == 25)) | (dates.day_of_year == 1)
    level = 1 + heating * np.maximum(turn - temperature, 0) + cooling * np.maximum(temperature - turn, 0)
    weekday = 1 + pd.Series(dates.day_of_week).map(WEEKEND).fillna(0).to_numpy()
    value = 10 * level * weekday * (1 + holiday * is_holiday) * (1 + noise * ar1(len(dates), rho, generator))
    return pd.DataFrame(
        {
            "date": dates,
            "country": pd.Categorical([country] * len(dates)),
            "sector": pd.Categorical([sector] * len(dates)),
            "value": value,
            "temperature_c": temperature,
            "is_holiday": np.asarray(is_holiday),
        }
    )


def ar1(n, rho, generator):
    """Standard AR(1) noise [n] with unit variance."""
    shocks = generator.normal(size=n)
    values = np.empty(n)
    values[0] = shocks[0]
    for i in range(1, n):
        values[i] = rho * values[i - 1] + np.sqrt(1 - rho**2) * shocks[i]
    return values


def monthly_totals(days):
    """Total of every month of every series, the plain way."""
    keys = [days["country"].astype(str), days["sector"].astype(str), days["date"].dt.to_period("M").dt.to_timestamp()]
    return days.groupby(keys)["value"].sum().rename("total").rename_axis(["country", "sector", "month"]).reset_index()
