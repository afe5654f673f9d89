"""Tables of days with a planted response to temperature."""

import numpy as np
import pandas as pd
from scipy.signal import lfilter

WEEKDAYS = np.array([0, 0, 0, 0, 0, -6.0, -10])


def made_days(
    seed=0,
    *,
    tc=15.0,
    band=0.0,
    below=-2.0,
    above=2.5,
    days=1461,
    rho=0.7,
    sd=4.0,
    start="2019-01-01",
    country="Made",
    sector="total",
):
    """Days whose value is 100 plus the response, weekends, holidays, a trend and AR(1) noise."""
    generator = np.random.default_rng(seed)
    date = pd.date_range(start, periods=days)
    season = 12 - 10 * np.cos(2 * np.pi * (date.day_of_year.to_numpy() - 15) / 365.25)
    temperature = season + ar1(generator, days, 0.7, 3)
    off = temperature - tc
    response = below * np.minimum(off + band / 2, 0) + above * np.maximum(off - band / 2, 0)
    holiday = date.day_of_year % 45 == 1
    value = 100 + response + WEEKDAYS[date.day_of_week] - 5 * holiday + 0.003 * np.arange(days)
    return pd.DataFrame(
        {
            "date": date,
            "country": pd.Categorical([country] * days),
            "sector": pd.Categorical([sector] * days),
            "value": value + ar1(generator, days, rho, sd),
            "temperature_c": temperature,
            "is_holiday": holiday,
        }
    )


def ar1(generator, days, rho, sd):
    shocks = generator.normal(scale=sd * np.sqrt(1 - rho**2), size=days + 100)
    return lfilter([1.0], [1.0, -rho], shocks)[100:]
